"""Being written: attributes are final."""
from __future__ import annotations
import math
from dataclasses import dataclass
from typing import Any
from edgec.lower.op import Op

@dataclass(frozen=True)
class Gather:
    """Attributes."""
    axis: int = 0

class GatherOp(Op):
    """Formula."""
    attributes = Gather
    def shapes(self, attributes: Any, inputs: Any) -> Any: raise NotImplementedError
    def reference(self, attributes: Any, values: Any, inputs: Any, outputs: Any) -> Any: raise NotImplementedError

PLUGIN = GatherOp()
