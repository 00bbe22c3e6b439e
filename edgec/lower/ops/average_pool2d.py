"""Being written: attributes are final."""
from __future__ import annotations
import math
from dataclasses import dataclass
from typing import Any
from edgec.lower.op import Op

@dataclass(frozen=True)
class AveragePool2d:
    """Attributes."""
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    count_include_pad: bool = False

class AveragePool2dOp(Op):
    """Formula."""
    attributes = AveragePool2d
    def shapes(self, attributes: Any, inputs: Any) -> Any: raise NotImplementedError
    def reference(self, attributes: Any, values: Any, inputs: Any, outputs: Any) -> Any: raise NotImplementedError

PLUGIN = AveragePool2dOp()
