"""Being written: attributes are final."""
from __future__ import annotations
import math
from dataclasses import dataclass
from typing import Any
from edgec.lower.op import Op

@dataclass(frozen=True)
class Resize:
    """Attributes."""
    size: tuple[int, int]
    mode: str = "nearest"
    coordinates: str = "half_pixel"
    rounding: str = "round_prefer_floor"

class ResizeOp(Op):
    """Formula."""
    attributes = Resize
    def shapes(self, attributes: Any, inputs: Any) -> Any: raise NotImplementedError
    def reference(self, attributes: Any, values: Any, inputs: Any, outputs: Any) -> Any: raise NotImplementedError

PLUGIN = ResizeOp()
