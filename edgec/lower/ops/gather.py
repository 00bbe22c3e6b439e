"""Rows of a table by index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.errors import DataError
from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement


@dataclass(frozen=True)
class Gather:
    """axis: the table's axis that the indices count along."""

    axis: int = 0


class GatherOp(Movement):
    """y[..., i..., ...] = table[..., indices[i...], ...]; negative indices count from the end."""

    attributes = Gather

    def shapes(self, attributes: Gather, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """The table's shape with axis replaced by the indices' shape."""
        table, indices = _rules.need(inputs[0]), _rules.need(inputs[1])
        rank = len(table.shape)
        _rules.check_shapes(-rank <= attributes.axis < rank,
                            f"gather: axis {attributes.axis} must be in [-{rank}, {rank}).")
        _rules.check_shapes(indices.dtype in ("s32", "s64"),
                            f"gather: the indices {indices.name!r} are {indices.dtype}; they must "
                            "be s32 or s64.")
        axis = attributes.axis % rank
        return [(*table.shape[:axis], *indices.shape, *table.shape[axis + 1:])]

    def broken_rules(self, attributes: Gather, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Table and output quantized alike; indices are integers anyway."""
        return super().broken_rules(attributes, inputs[:1], outputs)

    def reference(self, attributes: Gather, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """np.take; DataError for an index outside the axis."""
        table, indices = np.asarray(values[0]), np.asarray(values[1])
        size = table.shape[attributes.axis]
        bad = indices[(indices < -size) | (indices >= size)]
        if bad.size:
            raise DataError(f"gather from {_rules.need(inputs[0]).name!r}: index "
                            f"{int(bad.flat[0])} must be in [-{size}, {size}).")
        return [np.take(table, indices, axis=attributes.axis)]


PLUGIN = GatherOp()
