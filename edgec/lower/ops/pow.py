"""Elementwise power."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops._binary import Binary


@dataclass(frozen=True)
class Pow:
    """clamp: (low, high) in real units."""

    clamp: tuple[float, float] = (-math.inf, math.inf)


class PowOp(Binary):
    """y = clamp(a ** b), numpy broadcasting; float32 only."""

    attributes = Pow

    @staticmethod
    def function(a: Array, b: Array) -> Array:
        """a ** b."""
        return np.asarray(np.power(a, b))


PLUGIN = PowOp()
