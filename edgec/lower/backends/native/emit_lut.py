"""lut_s8."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The table as it is."""
    builder.node("lut_s8", site, [builder.tensor(t.name) for t in (site.x, site.input(1))])


PLUGIN = Emitter(emit, (rules.float_or_int8,))
