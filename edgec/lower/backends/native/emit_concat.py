"""concat."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """axis counted from 0. Parts that the plan put in their place are not copied."""
    axis = site.attributes.axis % len(site.y.shape)
    builder.node("concat", site, [builder.tensor(n) for n in site.node.inputs], [axis])


PLUGIN = Emitter(emit, (site_rules.inputs_of_one_type,))
