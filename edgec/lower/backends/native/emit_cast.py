"""cast."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Both types are the tensors'."""
    builder.node("cast", site, [builder.tensor(site.x.name)])


PLUGIN = Emitter(emit, (rules.known_cast,))
