"""What emitters share: numbers, clamps, and float32 ops of two operands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter
from edgec.lower.site_rules import Rule


def number(value: float) -> Any:
    """A float32 constant."""
    import numpy as np
    from tvm import relax
    return relax.const(np.float32(value))


def clamped(x: Any, clamp: tuple[float, float], op: Any) -> Any:
    """x in [low, high]; NaN stays, which TVM's clip turns into a bound."""
    low, high = clamp
    if low > -math.inf:
        x = op.where(op.less(x, number(low)), number(low), x)
    if high < math.inf:
        x = op.where(op.greater(x, number(high)), number(high), x)
    return x


def binary(name: str, beside_ours: Rule | None = None) -> Emitter:
    """The emitter that uses tvm.relax.op.<name>, and then the clamp."""
    def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
        return clamped(getattr(op, name)(operands[0], operands[1]), site.attributes.clamp, op)
    return Emitter(expression, beside_ours=beside_ours or unclamped)


def unclamped(site: Site) -> bool:
    """The sum of a residual and its clamp cost our engine one pass over memory."""
    return bool(site.attributes.clamp == (-math.inf, math.inf))
