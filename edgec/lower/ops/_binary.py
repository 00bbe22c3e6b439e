"""What elementwise ops of two operands share: broadcasting, clamp, the float32 form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


class Binary(Op):
    """y = clamp(f(a, b)), numpy broadcasting."""

    in_place = (0, 1)

    @staticmethod
    @abstractmethod
    def function(a: Array, b: Array) -> Array:
        """The float form, elementwise."""

    def shapes(self, attributes: Any, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """The broadcast shape."""
        a, b = _rules.need(inputs[0]), _rules.need(inputs[1])
        try:
            return [np.broadcast_shapes(a.shape, b.shape)]
        except ValueError:
            _rules.check_shapes(False, f"shapes {a.shape} of {a.name!r} and {b.shape} of "
                                       f"{b.name!r} do not broadcast.")
            raise

    def broken_rules(self, attributes: Any, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """No int8 form, unless the op has one."""
        name = type(attributes).__name__.lower()
        return _rules.no_int8_form(name, inputs, outputs)

    def reference(self, attributes: Any, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """The function in float32, clamped."""
        a, b = (np.asarray(v, np.float32) for v in values[:2])
        with np.errstate(all="ignore"):
            return [clamp(self.function(a, b), attributes.clamp)]


def clamp(y: Array, limits: tuple[float, float]) -> Array:
    """float32 y inside limits; NaN stays NaN."""
    low, high = np.float32(limits[0]), np.float32(limits[1])
    return np.asarray(np.minimum(np.maximum(y, low), high), np.float32)
