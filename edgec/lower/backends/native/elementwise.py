"""What the emitters of elementwise ops of two operands share."""

from __future__ import annotations

from collections.abc import Sequence

from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.backends.native.weights import clamp_params
from edgec.lower.numerics import AddConstants
from edgec.lower.ops import _sum
from edgec.lower.ops._rules import bounds_of, zero_of

KINDS = ("add", "sub", "mul", "div", "minimum", "maximum", "pow")  # spec.md, binary_f32


def emit_f32(site: Site, builder: Builder) -> None:
    """binary_f32."""
    builder.node("binary_f32", site, operands(site, builder),
                 [KINDS.index(site.node.op), *clamp_params(site)])


def emit_sum_s8(site: Site, builder: Builder, sign_b: int) -> None:
    """add_s8 for a sum, or for a difference when sign_b is -1."""
    c = _sum.constants(site.inputs, site.y, sign_b)
    builder.node("add_s8", site, operands(site, builder), sum_params(c, site))


def sum_params(c: AddConstants, site: Site) -> list[int]:
    """bias, mult_a, mult_b, shift, zp_out, qmin, qmax."""
    return [c.bias, c.mult_a, c.mult_b, c.shift, *output_params(site)]


def operands(site: Site, builder: Builder) -> Sequence[int]:
    """Indices of both inputs."""
    return [builder.tensor(site.x.name), builder.tensor(site.input(1).name)]


def output_params(site: Site) -> list[int]:
    """zp_out, qmin, qmax."""
    return [zero_of(site.y), *bounds_of(site.attributes.clamp, site.y)]


FLOAT_ONLY = Emitter(emit_f32, (rules.float_only,))
