"""An int8 conv2d that adds a residual to its result."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgec.lower.op import Op
from edgec.lower.ops import conv2d
from edgec.lower.ops._residual import Residual


@dataclass(frozen=True)
class Conv2dAdd:
    """scale, zero_point: of the layer's own int8 result. clamp: of the sum, in real units."""

    layer: conv2d.Conv2d
    scale: float
    zero_point: int
    clamp: tuple[float, float] = (-math.inf, math.inf)


class Conv2dAddOp(Residual):
    """y = clamp(conv2d(x, w, b) + residual), the first summand rounded to int8."""

    attributes = Conv2dAdd

    @staticmethod
    def layer() -> Op:
        """conv2d."""
        return conv2d.PLUGIN


PLUGIN = Conv2dAddOp()
