"""Tensors one after the other along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement


@dataclass(frozen=True)
class Concat:
    """axis: counted from 0, or from the end when negative."""

    axis: int


class ConcatOp(Movement):
    """y = inputs one after the other along axis."""

    attributes = Concat

    def shapes(self, attributes: Concat, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """The inputs' shape, with the sum of their sizes along axis."""
        shapes = [list(t.shape) for t in _rules.present(inputs)]
        rank = len(shapes[0])
        _rules.check_shapes(-rank <= attributes.axis < rank,
                            f"concat: axis {attributes.axis} must be in [-{rank}, {rank}).")
        axis = attributes.axis % rank
        rests = {(*s[:axis], -1, *s[axis + 1:]) for s in shapes}
        _rules.check_shapes(len(rests) == 1, f"concat: shapes {shapes} must be equal but for axis "
                                             f"{axis}.")
        total = sum(s[axis] for s in shapes)
        return [(*shapes[0][:axis], total, *shapes[0][axis + 1:])]

    def reference(self, attributes: Concat, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """np.concatenate."""
        return [np.concatenate([np.asarray(v) for v in values], axis=attributes.axis)]


PLUGIN = ConcatOp()
