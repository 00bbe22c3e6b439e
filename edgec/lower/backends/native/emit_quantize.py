"""quantize_f32_s8."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops._rules import scale_of, zero_of


def emit(site: Site, builder: Builder) -> None:
    """Scale and zero point of the output."""
    builder.node("quantize_f32_s8", site, [builder.tensor(site.x.name)],
                 [bits(scale_of(site.y)), zero_of(site.y)])


PLUGIN = Emitter(emit)
