"""Mean over axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._reduction import Reduction, axes_of


@dataclass(frozen=True)
class Mean:
    """axes: reduced together. keepdims: they stay, with size 1."""

    axes: tuple[int, ...]
    keepdims: bool = True


def count(attributes: Mean, x: Tensor) -> int:
    """How many elements one mean is over."""
    return math.prod(x.shape[a] for a in axes_of(attributes.axes, len(x.shape)))


def multiplier(attributes: Mean, x: Tensor, output: Tensor) -> np.float32:
    """(input scale / output scale) / count, each division rounded to float32."""
    return np.float32(_rules.ratio(x, output) / np.float32(count(attributes, x)))


class MeanOp(Reduction):
    """y = Σ over axes of x / count."""

    attributes = Mean

    @staticmethod
    def function(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
        """np.mean."""
        return np.asarray(np.mean(x, axis=axes, keepdims=keepdims))

    def broken_rules(self, attributes: Mean, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization, multiplier in range, the sum inside int32."""
        if not _rules.has_int8(inputs, outputs):
            return
        x = _rules.need(inputs[0])
        broken = list(_rules.per_tensor(x, outputs[0]))
        if not broken:
            broken += _rules.multiplier_fits(np.asarray(multiplier(attributes, x, outputs[0])))
        yield from [*broken, *_rules.sum_fits(count(attributes, x))]

    def reference(self, attributes: Mean, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Requantized integer sum for s8, float mean otherwise."""
        if outputs[0].dtype != "s8":
            return super().reference(attributes, values, inputs, outputs)
        x, tensor = np.asarray(values[0]), _rules.need(inputs[0])
        shifted = x.astype(np.int64) - _rules.zero_of(tensor)
        acc = shifted.sum(axis=axes_of(attributes.axes, x.ndim), keepdims=attributes.keepdims)
        mult = np.asarray(multiplier(attributes, tensor, outputs[0]))
        return [numerics.requantize(np.asarray(acc), mult, _rules.zero_of(outputs[0]))]


PLUGIN = MeanOp()
