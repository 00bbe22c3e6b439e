"""An int8 fully connected layer that adds a residual to its result."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgec.lower.op import Op
from edgec.lower.ops import fully_connected
from edgec.lower.ops._residual import Residual


@dataclass(frozen=True)
class FullyConnectedAdd:
    """scale, zero_point: of the layer's own int8 result. clamp: of the sum, in real units."""

    layer: fully_connected.FullyConnected
    scale: float
    zero_point: int
    clamp: tuple[float, float] = (-math.inf, math.inf)


class FullyConnectedAddOp(Residual):
    """y = clamp(fully_connected(x, w, b) + residual), the first summand rounded to int8."""

    attributes = FullyConnectedAdd

    @staticmethod
    def layer() -> Op:
        """fully_connected."""
        return fully_connected.PLUGIN


PLUGIN = FullyConnectedAddOp()
