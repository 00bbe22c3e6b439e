"""PAD, or PADV2 for another number than 0."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.ops._rules import zero_of
from edgec.lower.ops.pad import element


def emit(site: Site, builder: Builder) -> None:
    """PAD fills int8 with the zero point."""
    a, name = site.attributes, site.node.name
    x, y = builder.tensor(site.x.name), builder.tensor(site.y.name)
    widths = builder.int32(f"{name}:widths", list(zip(a.before, a.after, strict=True)))
    fill = element(a, site.x)
    zero = 0 if site.x.quantization is None else zero_of(site.x)
    if fill == zero:
        builder.operator("PAD", [x, widths], y, "PadOptions")
    else:
        value = builder.constant(f"{name}:value", fill.reshape(1), site.x.quantization)
        builder.operator("PADV2", [x, widths, value], y, "PadV2Options")


PLUGIN = Emitter(emit, (site_rules.one_type, rules.no_scalar, rules.rank_at_most_five))
