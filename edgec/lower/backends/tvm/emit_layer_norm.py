"""Layer normalization of means: relax.op.nn.layer_norm subtracts large squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.elementwise import number
from edgec.lower.backends.tvm.emitter import Emitter, never


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """(x - mean) / sqrt(mean((x - mean)^2) + epsilon) * gamma + beta, over the last axis."""
    x, gamma, beta = operands[:3]
    centred = op.subtract(x, op.mean(x, [-1], True))
    variance = op.mean(op.multiply(centred, centred), [-1], True)
    deviation = op.sqrt(op.add(variance, number(site.attributes.epsilon)))
    return op.add(op.multiply(op.divide(centred, deviation), gamma), beta)


PLUGIN = Emitter(expression, beside_ours=never)
