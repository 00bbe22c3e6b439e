"""Same elements, other shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement


@dataclass(frozen=True)
class Reshape:
    """shape: every dim known."""

    shape: tuple[int, ...]


class ReshapeOp(Movement):
    """y = x in row-major order with another shape."""

    attributes = Reshape
    in_place = (0,)

    def shapes(self, attributes: Reshape, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """The attribute."""
        x = _rules.need(inputs[0])
        _rules.check_shapes(math.prod(attributes.shape) == x.size,
                            f"reshape: {x.shape} does not have the elements of {attributes.shape}.")
        return [tuple(attributes.shape)]

    def reference(self, attributes: Reshape, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """np.reshape."""
        return [np.asarray(values[0]).reshape(attributes.shape)]


PLUGIN = ReshapeOp()
