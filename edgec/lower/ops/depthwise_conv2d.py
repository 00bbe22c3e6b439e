"""Being written: attributes are final."""
from __future__ import annotations
import math
from dataclasses import dataclass
from typing import Any
from edgec.lower.op import Op

@dataclass(frozen=True)
class DepthwiseConv2d:
    """Attributes."""
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    clamp: tuple[float, float] = (-math.inf, math.inf)

class DepthwiseConv2dOp(Op):
    """Formula."""
    attributes = DepthwiseConv2d
    def shapes(self, attributes: Any, inputs: Any) -> Any: raise NotImplementedError
    def reference(self, attributes: Any, values: Any, inputs: Any, outputs: Any) -> Any: raise NotImplementedError

PLUGIN = DepthwiseConv2dOp()
