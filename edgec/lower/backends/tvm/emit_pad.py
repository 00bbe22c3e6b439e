"""relax.op.nn.pad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """Both borders of each axis in turn."""
    a = site.attributes
    widths = [n for both in zip(a.before, a.after, strict=True) for n in both]
    return op.nn.pad(operands[0], widths, pad_value=a.value)


PLUGIN = Emitter(expression, lambda site: site.y.dtype == "f32" and len(site.y.shape) > 0, never)
