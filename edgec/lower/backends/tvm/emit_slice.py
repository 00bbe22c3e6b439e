"""relax.op.strided_slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """The end is one behind the last element taken."""
    a = site.attributes
    ends = [start + step * (length - 1) + 1
            for start, step, length in zip(a.start, a.step, a.length, strict=True)]
    return op.strided_slice(operands[0], list(range(len(ends))), list(a.start), ends, list(a.step))


PLUGIN = Emitter(expression)
