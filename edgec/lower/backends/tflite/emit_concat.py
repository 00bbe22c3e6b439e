"""CONCATENATION."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """axis counted from 0."""
    builder.operator("CONCATENATION", [builder.tensor(name) for name in site.node.inputs],
                     builder.tensor(site.y.name), "ConcatenationOptions",
                     axis=site.attributes.axis % len(site.y.shape))


PLUGIN = Emitter(emit, (site_rules.inputs_of_one_type,))
