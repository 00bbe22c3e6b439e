"""RESHAPE."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The shape is an operand, as older runtimes want it."""
    shape = builder.int32(f"{site.node.name}:shape", site.attributes.shape)
    builder.operator("RESHAPE", [builder.tensor(site.x.name), shape], builder.tensor(site.y.name),
                     "ReshapeOptions", newShape=list(site.attributes.shape))


PLUGIN = Emitter(emit, (site_rules.one_type,))
