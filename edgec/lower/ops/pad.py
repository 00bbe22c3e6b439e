"""A constant border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import DTYPES, Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement


@dataclass(frozen=True)
class Pad:
    """before, after: elements added per axis. value: a real number, also for s8."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    value: float = 0.0


def element(attributes: Pad, x: Tensor) -> Array:
    """The value as one element of x's type: quantized if x is."""
    if x.quantization is not None:
        return numerics.quantize(np.asarray(attributes.value, np.float32), _rules.scale_of(x),
                                 _rules.zero_of(x))
    return np.asarray(attributes.value, DTYPES[x.dtype])


class PadOp(Movement):
    """y = x inside a border of value."""

    attributes = Pad

    def shapes(self, attributes: Pad, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's dims plus both borders."""
        shape = _rules.need(inputs[0]).shape
        fits = (len(attributes.before) == len(attributes.after) == len(shape)
                and min((*attributes.before, *attributes.after), default=0) >= 0)
        _rules.check_shapes(fits, f"pad: before {attributes.before} and after {attributes.after} "
                                  f"must have one entry, 0 or more, per axis of {shape}.")
        return [tuple(b + d + a for b, d, a in zip(
            attributes.before, shape, attributes.after, strict=True))]

    def reference(self, attributes: Pad, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """np.pad."""
        if not attributes.before:
            return [np.asarray(values[0])]  # np.pad refuses scalars
        widths = list(zip(attributes.before, attributes.after, strict=True))
        value = element(attributes, _rules.need(inputs[0]))
        return [np.pad(np.asarray(values[0]), widths, constant_values=value)]


PLUGIN = PadOp()
