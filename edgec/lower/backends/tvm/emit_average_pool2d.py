"""relax.op.nn.avg_pool2d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """The mean over the window, or over what of it lies inside the image."""
    a = site.attributes
    return op.nn.avg_pool2d(operands[0], a.kernel, a.stride, a.pad, layout="NHWC",
                            count_include_pad=a.count_include_pad)


PLUGIN = Emitter(expression, beside_ours=never)
