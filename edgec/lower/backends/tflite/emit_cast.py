"""CAST."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Both types are the tensors'."""
    builder.operator("CAST", [builder.tensor(site.x.name)], builder.tensor(site.y.name),
                     "CastOptions")


PLUGIN = Emitter(emit, (rules.known_cast,))
