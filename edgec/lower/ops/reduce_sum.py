"""Sum over axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops._reduction import Reduction


@dataclass(frozen=True)
class ReduceSum:
    """axes: reduced together. keepdims: they stay, with size 1."""

    axes: tuple[int, ...]
    keepdims: bool = True


class ReduceSumOp(Reduction):
    """y = Σ over axes of x; float32 only."""

    attributes = ReduceSum

    @staticmethod
    def function(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
        """np.sum."""
        return np.asarray(np.sum(x, axis=axes, keepdims=keepdims))


PLUGIN = ReduceSumOp()
