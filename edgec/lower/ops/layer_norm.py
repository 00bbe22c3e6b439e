"""Layer normalization over the last axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


@dataclass(frozen=True)
class LayerNorm:
    """epsilon: added to the variance."""

    epsilon: float = 1e-5


def epsilon_q(attributes: LayerNorm, x: Tensor) -> np.float32:
    """epsilon in units of the squared input scale: float32(epsilon / (scale · scale))."""
    return np.float32(attributes.epsilon / (_rules.scale_of(x) * _rules.scale_of(x)))


def in_output_units(parameter: Array, output: Tensor) -> Array:
    """gamma or beta divided by the output's scale, float32."""
    return np.asarray(parameter, np.float32) / np.float32(_rules.scale_of(output))


class LayerNormOp(Op):
    """y = (x − mean) / sqrt(variance + epsilon) · gamma + beta; gamma and beta are float32."""

    attributes = LayerNorm
    in_place = (0,)

    def shapes(self, attributes: LayerNorm, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """x's shape."""
        x, gamma, beta = (_rules.need(t) for t in inputs[:3])
        _rules.check_shapes(len(x.shape) >= 1 and gamma.shape == beta.shape == x.shape[-1:],
                            f"layer_norm: gamma {gamma.shape} and beta {beta.shape} must both be "
                            f"[n], n the last axis of x {x.shape}.")
        return [x.shape]

    def broken_rules(self, attributes: LayerNorm, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization; gamma and beta constant; at most 2^22 elements in a row."""
        x = _rules.need(inputs[0])
        if not _rules.has_int8([x], outputs):
            return
        yield from _rules.per_tensor(x, outputs[0])
        for tensor in _rules.present(inputs[1:]):
            if tensor.data is None or tensor.dtype != "f32":
                yield f"layer_norm's {tensor.name!r} must be constant float32."
        yield from _rules.sum_fits(x.shape[-1])

    def reference(self, attributes: LayerNorm, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Integer sums for s8, float64 otherwise."""
        x, gamma, beta = (np.asarray(v) for v in values[:3])
        if outputs[0].dtype == "s8":
            gamma, beta = (in_output_units(p, outputs[0]) for p in (gamma, beta))
            y = _normalized(x, epsilon_q(attributes, _rules.need(inputs[0]))) * gamma + beta
            return [numerics.round_and_clamp(y, _rules.zero_of(outputs[0]))]
        wide = x.astype(np.float64)
        centred = wide - wide.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        y = centred / np.sqrt(variance + attributes.epsilon) * gamma + beta
        return [np.asarray(y, np.float32)]


def _normalized(x: Array, epsilon: np.float32) -> Array:
    """float32 (x − mean) / sqrt(variance + epsilon) of int8 x, multiplied through by n."""
    wide, n = x.astype(np.int64), x.shape[-1]
    total = wide.sum(axis=-1, keepdims=True)
    squares = np.square(wide).sum(axis=-1, keepdims=True)
    variance = (n * squares - total * total).astype(np.float64)
    variance += np.float64(epsilon) * np.float64(n) * np.float64(n)
    with np.errstate(divide="ignore"):
        inverse = np.where(variance == 0, 0.0, 1.0 / np.sqrt(variance)).astype(np.float32)
    return np.asarray((n * wide - total).astype(np.float32) * inverse, np.float32)


PLUGIN = LayerNormOp()
