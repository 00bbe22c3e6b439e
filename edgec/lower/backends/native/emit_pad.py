"""pad."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, as_int32
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops.pad import element


def emit(site: Site, builder: Builder) -> None:
    """value is the bit pattern of one element, zero-extended."""
    value = element(site.attributes, site.x)
    pattern = int.from_bytes(value.tobytes(), "little")
    builder.node("pad", site, [builder.tensor(site.x.name)],
                 [*site.attributes.before, as_int32(pattern)])


PLUGIN = Emitter(emit, (site_rules.one_type, rules.pads_with_32_bits))
