"""unary_f32."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops.unary import KINDS


def emit(site: Site, builder: Builder) -> None:
    """The kind's number is its place in KINDS."""
    kind = list(KINDS).index(site.attributes.kind)
    builder.node("unary_f32", site, [builder.tensor(site.x.name)],
                 [kind, bits(site.attributes.alpha), bits(site.attributes.beta)])


PLUGIN = Emitter(emit, (rules.float_only,))
