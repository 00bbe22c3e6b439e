"""relax.op.nn.conv2d with a group for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never
from edgec.lower.backends.tvm.linear import finish


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """Weights [kh, kw, c] are [kh, kw, 1, c]."""
    a = site.attributes
    rows, columns, channels = site.input(1).shape
    weights = op.reshape(operands[1], (rows, columns, 1, channels))
    sums = op.nn.conv2d(operands[0], weights, a.stride, a.pad, a.dilation, channels,
                        data_layout="NHWC", kernel_layout="HWIO")
    return finish(site, sums, operands, op)


PLUGIN = Emitter(expression, beside_ours=never)
