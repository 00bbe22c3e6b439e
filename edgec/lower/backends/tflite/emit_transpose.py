"""TRANSPOSE."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """perm as it is."""
    perm = builder.int32(f"{site.node.name}:perm", site.attributes.perm)
    builder.operator("TRANSPOSE", [builder.tensor(site.x.name), perm],
                     builder.tensor(site.y.name), "TransposeOptions")


PLUGIN = Emitter(emit, (rules.one_type,))
