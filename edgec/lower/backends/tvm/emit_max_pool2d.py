"""relax.op.nn.max_pool2d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """Outside the image is the lowest value."""
    a = site.attributes
    return op.nn.max_pool2d(operands[0], a.kernel, a.stride, a.pad, layout="NHWC")


PLUGIN = Emitter(expression, lambda site: site.y.dtype == "f32", never)
