"""batch_matmul_s8, batch_matmul_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.numerics import QMAX, QMIN
from edgec.lower.ops._rules import product_multiplier, zero_of


def emit(site: Site, builder: Builder) -> None:
    """Two activations."""
    inputs = [builder.tensor(site.x.name), builder.tensor(site.input(1).name)]
    transpose_b = int(site.attributes.transpose_b)
    if site.y.dtype == "s8":
        mult = float(product_multiplier(site.inputs, site.y))
        builder.node("batch_matmul_s8", site, inputs,
                     [transpose_b, zero_of(site.x), zero_of(site.input(1)), bits(mult),
                      zero_of(site.y), QMIN, QMAX])
    else:
        builder.node("batch_matmul_f32", site, inputs, [transpose_b])


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, rules.equal_batch_axes))
