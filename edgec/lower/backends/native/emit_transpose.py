"""transpose."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """perm as it is."""
    builder.node("transpose", site, [builder.tensor(site.x.name)], site.attributes.perm)


PLUGIN = Emitter(emit, (site_rules.one_type,))
