"""mul_s8, binary_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import elementwise
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops._rules import product_multiplier, zero_of


def emit(site: Site, builder: Builder) -> None:
    """Product of both inputs."""
    if site.y.dtype != "s8":
        elementwise.emit_f32(site, builder)
        return
    mult = float(product_multiplier(site.inputs, site.y))
    builder.node("mul_s8", site, elementwise.operands(site, builder),
                 [zero_of(site.x), zero_of(site.input(1)), bits(mult),
                  *elementwise.output_params(site)])


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8,))
