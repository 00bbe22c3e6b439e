"""QUANTIZE."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Scale and zero point are the output's."""
    builder.operator("QUANTIZE", [builder.tensor(site.x.name)], builder.tensor(site.y.name),
                     "QuantizeOptions")


PLUGIN = Emitter(emit, (rules.from_float,))
