"""The end of layers with weights, as TVM computes it: the bias, then the clamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.elementwise import clamped


def finish(site: Site, sums: Any, operands: Sequence[Any], op: Any) -> Any:
    """sums [..., channels], plus the third operand if the node has one, clamped."""
    biased = op.add(sums, operands[2]) if len(operands) > 2 else sums
    return clamped(biased, site.attributes.clamp, op)
