"""exit_f32."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, as_int32
from edgec.lower.backends.native.emitter import Emitter
from edgec.model.confidence import exponentials


def emit(site: Site, builder: Builder) -> None:
    """All exits share one table."""
    table = builder.constant(f"{site.node.name}:exponentials", exponentials())
    builder.node("exit_f32", site, [builder.tensor(site.x.name), table],
                 [as_int32(site.attributes.limit)])


PLUGIN = Emitter(emit, (rules.float_only,))
