"""relax.op.matmul of two values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """The second one transposed first, where the node says so."""
    right = operands[1]
    if site.attributes.transpose_b:
        rank = len(site.input(1).shape)
        right = op.permute_dims(right, [*range(rank - 2), rank - 1, rank - 2])
    return op.matmul(operands[0], right)


PLUGIN = Emitter(expression, beside_ours=never)
