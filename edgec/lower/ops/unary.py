"""Being written: attributes are final."""
from __future__ import annotations
import math
from dataclasses import dataclass
from typing import Any
from edgec.lower.op import Op

@dataclass(frozen=True)
class Unary:
    """Attributes."""
    kind: str
    alpha: float = 0.0
    beta: float = 0.0

class UnaryOp(Op):
    """Formula."""
    attributes = Unary
    def shapes(self, attributes: Any, inputs: Any) -> Any: raise NotImplementedError
    def reference(self, attributes: Any, values: Any, inputs: Any, outputs: Any) -> Any: raise NotImplementedError

PLUGIN = UnaryOp()
