"""Elementwise quotient."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgec.lower.graph import Array
from edgec.lower.ops._binary import Binary


@dataclass(frozen=True)
class Div:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class DivOp(Binary):
    """y = clamp(a / b), numpy broadcasting; float32 only."""

    attributes = Div

    @staticmethod
    def function(a: Array, b: Array) -> Array:
        """a / b."""
        return a / b


PLUGIN = DivOp()
