"""What ops that move elements share: any type; s8 keeps its scale and zero point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edgec.lower.graph import Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


class Movement(Op):
    """y holds x's elements at other places."""

    def broken_rules(self, attributes: Any, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Input and output quantized alike."""
        return _rules.moves_int8(inputs, outputs)
