"""add_s8, binary_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import elementwise
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Sum of both inputs."""
    if site.y.dtype == "s8":
        elementwise.emit_sum_s8(site, builder, sign_b=1)
    else:
        elementwise.emit_f32(site, builder)


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8,))
