"""slice."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The lengths are the output's shape."""
    builder.node("slice", site, [builder.tensor(site.x.name)],
                 [*site.attributes.start, *site.attributes.step])


PLUGIN = Emitter(emit, (site_rules.one_type, rules.steps_forward))
