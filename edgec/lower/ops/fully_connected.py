"""A matrix of weights times the last axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _linear, _rules


@dataclass(frozen=True)
class FullyConnected:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class FullyConnectedOp(Op):
    """y[..., n] = clamp(b[n] + Σ x[..., k] · w[n, k])."""

    attributes = FullyConnected

    def shapes(self, attributes: FullyConnected, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """x's shape with the last axis replaced by n."""
        x, w = _rules.need(inputs[0]), _rules.need(inputs[1])
        fits = len(w.shape) == 2 and len(x.shape) >= 1 and x.shape[-1] == w.shape[1]
        _rules.check_shapes(fits, f"fully_connected: weights {w.shape} do not fit x {x.shape}; "
                                  f"{w.name!r} must be [n, k] with k the last axis of x.")
        return [(*x.shape[:-1], w.shape[0])]

    def broken_rules(self, attributes: FullyConnected, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Symmetric constant weights, s32 bias, multiplier and accumulator in range."""
        return _linear.broken_rules(inputs, outputs, axis=0)

    def reference(self, attributes: FullyConnected, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """One float64 matrix product: exact for integers."""
        x, w = np.asarray(values[0]), np.asarray(values[1])
        zero = _rules.zero_of(_rules.need(inputs[0])) if x.dtype == np.int8 else 0
        acc = (x.astype(np.float64) - zero) @ w.astype(np.float64).T
        return [_linear.finish(acc, attributes.clamp, values, inputs, outputs)]

    def macs(self, attributes: FullyConnected, inputs: Sequence[Tensor | None],
             outputs: Sequence[Tensor]) -> int:
        """Output elements times k."""
        return outputs[0].size * _rules.need(inputs[1]).shape[1]


PLUGIN = FullyConnectedOp()
