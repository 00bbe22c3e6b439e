"""What the emitters of reductions share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder
from edgec.lower.ops._reduction import split


def emit_as(op: str) -> Callable[[Site, Builder], None]:
    """An emit function for the engine's float op `op`."""
    def emit(site: Site, builder: Builder) -> None:
        builder.node(op, site, [builder.tensor(site.x.name)], sizes(site))
    return emit


def sizes(site: Site) -> Sequence[int]:
    """outer, reduce, inner."""
    triple = split(site.x.shape, site.attributes.axes)
    assert triple is not None
    return triple
