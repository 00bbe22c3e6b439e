"""Elementwise maximum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops._binary import Binary


@dataclass(frozen=True)
class Maximum:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class MaximumOp(Binary):
    """y = clamp(max(a, b)), numpy broadcasting; float32 only."""

    attributes = Maximum

    @staticmethod
    def function(a: Array, b: Array) -> Array:
        """max(a, b)."""
        return np.asarray(np.maximum(a, b))


PLUGIN = MaximumOp()
