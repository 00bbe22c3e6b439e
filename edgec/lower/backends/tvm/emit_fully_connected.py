"""relax.op.matmul with weights [k, n]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never
from edgec.lower.backends.tvm.linear import finish


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """Weights [n, k] become [k, n]: neighbouring outputs are one vector."""
    return finish(site, op.matmul(operands[0], op.permute_dims(operands[1], [1, 0])), operands, op)


PLUGIN = Emitter(expression, beside_ours=never)
