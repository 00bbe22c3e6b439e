"""A strided box cut out of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement


@dataclass(frozen=True)
class Slice:
    """One entry per axis: index of the first element, step (not 0), number of elements."""

    start: tuple[int, ...]
    step: tuple[int, ...]
    length: tuple[int, ...]


class SliceOp(Movement):
    """y[i] = x[start + i · step], per axis."""

    attributes = Slice

    def shapes(self, attributes: Slice, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """The lengths."""
        shape = _rules.need(inputs[0]).shape
        boxes = (attributes.start, attributes.step, attributes.length)
        fits = all(len(values) == len(shape) for values in boxes) and all(
            step != 0 and length > 0 and 0 <= start < dim
            and 0 <= start + (length - 1) * step < dim
            for start, step, length, dim in zip(*boxes, shape, strict=True))
        _rules.check_shapes(fits, f"slice: start {boxes[0]}, step {boxes[1]}, length {boxes[2]} "
                                  f"leave the tensor of shape {shape}.")
        return [tuple(attributes.length)]

    def reference(self, attributes: Slice, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Index arrays per axis, which also allow negative steps."""
        indices = [start + step * np.arange(length) for start, step, length in zip(
            attributes.start, attributes.step, attributes.length, strict=True)]
        return [np.asarray(values[0])[np.ix_(*indices)]]


PLUGIN = SliceOp()
