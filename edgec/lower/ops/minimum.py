"""Elementwise minimum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops._binary import Binary


@dataclass(frozen=True)
class Minimum:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class MinimumOp(Binary):
    """y = clamp(min(a, b)), numpy broadcasting; float32 only."""

    attributes = Minimum

    @staticmethod
    def function(a: Array, b: Array) -> Array:
        """min(a, b)."""
        return np.asarray(np.minimum(a, b))


PLUGIN = MinimumOp()
