"""Elementwise product."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _binary, _rules


@dataclass(frozen=True)
class Mul:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class MulOp(_binary.Binary):
    """y = clamp(a · b), numpy broadcasting."""

    attributes = Mul

    @staticmethod
    def function(a: Array, b: Array) -> Array:
        """a · b."""
        return a * b

    def broken_rules(self, attributes: Mul, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization, multiplier in range."""
        if not _rules.has_int8(inputs, outputs):
            return
        broken = list(_rules.per_tensor(*_rules.present(inputs), outputs[0]))
        if not broken:
            broken += _rules.multiplier_fits(_rules.product_multiplier(inputs, outputs[0]))
        yield from broken

    def reference(self, attributes: Mul, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Requantized product for s8, float32 otherwise."""
        if outputs[0].dtype != "s8":
            return super().reference(attributes, values, inputs, outputs)
        a, b = (np.asarray(v).astype(np.int32) - _rules.zero_of(_rules.need(t))
                for v, t in zip(values, inputs, strict=True))
        return [numerics.requantize(a * b, _rules.product_multiplier(inputs, outputs[0]),
                                    _rules.zero_of(outputs[0]),
                                    *_rules.bounds_of(attributes.clamp, outputs[0]))]


PLUGIN = MulOp()
