"""TRANSPOSE, or RESHAPE when nothing moves."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """A copy, which LiteRT's kernel for a tensor without axes forgets, is a RESHAPE."""
    x, y = builder.tensor(site.x.name), builder.tensor(site.y.name)
    if site.attributes.perm == tuple(range(len(site.x.shape))):
        shape = builder.int32(f"{site.node.name}:shape", site.y.shape)
        builder.operator("RESHAPE", [x, shape], y, "ReshapeOptions", newShape=list(site.y.shape))
        return
    perm = builder.int32(f"{site.node.name}:perm", site.attributes.perm)
    builder.operator("TRANSPOSE", [x, perm], y, "TransposeOptions")


PLUGIN = Emitter(emit, (site_rules.one_type,))
