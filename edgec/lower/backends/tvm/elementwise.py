"""Emitters of float32 ops of two operands: a Relax op of the same meaning, then the clamp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter


def binary(name: str) -> Emitter:
    """The emitter that uses tvm.relax.op.<name>."""
    def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
        return getattr(op, name)(operands[0], operands[1])
    return Emitter(expression, unclamped)


def unclamped(site: Site) -> bool:
    """TVM's clip turns NaN into a bound; our engine keeps it."""
    return bool(site.attributes.clamp == (-math.inf, math.inf))
