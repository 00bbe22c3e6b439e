"""Being written: attributes are final."""
from __future__ import annotations
import math
from dataclasses import dataclass
from typing import Any
from edgec.lower.op import Op

@dataclass(frozen=True)
class Mul:
    """Attributes."""
    clamp: tuple[float, float] = (-math.inf, math.inf)

class MulOp(Op):
    """Formula."""
    attributes = Mul
    def shapes(self, attributes: Any, inputs: Any) -> Any: raise NotImplementedError
    def reference(self, attributes: Any, values: Any, inputs: Any, outputs: Any) -> Any: raise NotImplementedError

PLUGIN = MulOp()
