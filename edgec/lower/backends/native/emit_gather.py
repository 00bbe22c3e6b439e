"""gather."""

from __future__ import annotations

from math import prod

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The table seen as [outer, axis, inner]."""
    axis, shape = site.attributes.axis % len(site.x.shape), site.x.shape
    builder.node("gather", site, [builder.tensor(t.name) for t in (site.x, site.input(1))],
                 [prod(shape[:axis]), shape[axis], prod(shape[axis + 1:])])


PLUGIN = Emitter(emit, (site_rules.one_type, site_rules.integer_indices))
