"""RESHAPE: a copy of the logits, the last operator of its segment. The runner judges them."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """An operator even where an earlier segment made the logits: no subgraph is empty."""
    shape = builder.int32(f"{site.node.name}:shape", site.y.shape)
    builder.operator("RESHAPE", [builder.tensor(site.x.name), shape], builder.tensor(site.y.name),
                     "ReshapeOptions", newShape=list(site.y.shape))


PLUGIN = Emitter(emit, (rules.float_only,))
