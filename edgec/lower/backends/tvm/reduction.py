"""Emitters of float32 reductions over axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never


def reduction(name: str) -> Emitter:
    """The emitter that uses tvm.relax.op.<name>."""
    def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
        a = site.attributes
        return getattr(op, name)(operands[0], list(a.axes), a.keepdims)
    return Emitter(expression, beside_ours=never)
