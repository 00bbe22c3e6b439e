"""relax.op.nn.conv2d over NHWC images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter, never
from edgec.lower.backends.tvm.linear import finish


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """Weights [o, kh, kw, i] become [kh, kw, i, o]: neighbouring outputs are one vector."""
    a = site.attributes
    weights = op.permute_dims(operands[1], [1, 2, 3, 0])
    sums = op.nn.conv2d(operands[0], weights, a.stride, a.pad, a.dilation, a.groups,
                        data_layout="NHWC", kernel_layout="HWIO")
    return finish(site, sums, operands, op)


PLUGIN = Emitter(expression, beside_ours=never)
