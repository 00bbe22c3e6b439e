"""Softmax over the last axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules

ONE = 2.0**20  # exp(0) in the table's fixed point


@dataclass(frozen=True)
class Softmax:
    """Over the last axis; other axes are transposed to the end first."""


def exponentials(x: Tensor) -> Array:
    """u32[256]: entry d is round_half_even(exp(-d · scale) · 2^20), for d = row maximum − x."""
    scale = _rules.scale_of(x)
    return np.asarray([round(math.exp(-d * scale) * ONE) for d in range(256)], np.uint32)


def inverse_scale(output: Tensor) -> np.float32:
    """1 / output scale, rounded to float32."""
    return np.float32(np.float32(1.0) / np.float32(_rules.scale_of(output)))


class SoftmaxOp(Op):
    """y = exp(x − max) / Σ exp(x − max)."""

    attributes = Softmax
    in_place = (0,)

    def shapes(self, attributes: Softmax, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """x's shape."""
        x = _rules.need(inputs[0])
        _rules.check_shapes(len(x.shape) >= 1, "softmax needs a last axis, not a scalar.")
        return [x.shape]

    def broken_rules(self, attributes: Softmax, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization."""
        if _rules.has_int8(inputs, outputs):
            yield from _rules.per_tensor(_rules.need(inputs[0]), outputs[0])

    def reference(self, attributes: Softmax, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """By table for s8, in float64 otherwise."""
        x = np.asarray(values[0])
        if outputs[0].dtype == "s8":
            return [_softmax_s8(x, _rules.need(inputs[0]), outputs[0])]
        wide = x.astype(np.float64)
        powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
        return [np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)]


def _softmax_s8(x: Array, input_: Tensor, output: Tensor) -> Array:
    wide = x.astype(np.int32)
    powers = exponentials(input_)[wide.max(axis=-1, keepdims=True) - wide]
    sums = powers.sum(axis=-1, keepdims=True, dtype=np.uint64)
    factor = inverse_scale(output) / sums.astype(np.float32)
    return numerics.round_and_clamp(powers.astype(np.float32) * factor, _rules.zero_of(output))


PLUGIN = SoftmaxOp()
