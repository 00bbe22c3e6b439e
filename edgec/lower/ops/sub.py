"""Elementwise difference: in int8, a sum with a negative second multiplier."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgec.lower.graph import Array
from edgec.lower.ops._sum import Sum


@dataclass(frozen=True)
class Sub:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class SubOp(Sum):
    """y = clamp(a - b), numpy broadcasting."""

    attributes = Sub
    sign_b = -1

    @staticmethod
    def function(a: Array, b: Array) -> Array:
        """a - b."""
        return a - b


PLUGIN = SubOp()
