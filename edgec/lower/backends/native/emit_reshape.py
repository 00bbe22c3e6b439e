"""reshape."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """In place when the plan put the output on the input."""
    builder.node("reshape", site, [builder.tensor(site.x.name)])


PLUGIN = Emitter(emit, (site_rules.one_type,))
