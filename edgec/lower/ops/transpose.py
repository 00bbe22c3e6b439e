"""Axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement


@dataclass(frozen=True)
class Transpose:
    """perm: output axis i is input axis perm[i]."""

    perm: tuple[int, ...]


class TransposeOp(Movement):
    """y's axis i = x's axis perm[i]."""

    attributes = Transpose

    def shapes(self, attributes: Transpose, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """x's dims in the order of perm."""
        x = _rules.need(inputs[0])
        _rules.check_shapes(sorted(attributes.perm) == list(range(len(x.shape))),
                            f"transpose: {attributes.perm} is not an order of the axes of "
                            f"{x.shape}.")
        return [tuple(x.shape[i] for i in attributes.perm)]

    def reference(self, attributes: Transpose, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """np.transpose."""
        return [np.asarray(values[0]).transpose(attributes.perm).copy()]


PLUGIN = TransposeOp()
