"""dequantize_s8_f32."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops._rules import scale_of, zero_of


def emit(site: Site, builder: Builder) -> None:
    """Scale and zero point of the input."""
    builder.node("dequantize_s8_f32", site, [builder.tensor(site.x.name)],
                 [bits(scale_of(site.x)), zero_of(site.x)])


PLUGIN = Emitter(emit)
