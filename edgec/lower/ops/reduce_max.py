"""Maximum over axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops._reduction import Reduction


@dataclass(frozen=True)
class ReduceMax:
    """axes: reduced together. keepdims: they stay, with size 1."""

    axes: tuple[int, ...]
    keepdims: bool = True


class ReduceMaxOp(Reduction):
    """y = max over axes of x; float32 only."""

    attributes = ReduceMax

    @staticmethod
    def function(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
        """np.max."""
        return np.asarray(np.max(x, axis=axes, keepdims=keepdims))


PLUGIN = ReduceMaxOp()
