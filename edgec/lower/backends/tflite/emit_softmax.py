"""SOFTMAX."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Over the last axis."""
    builder.operator("SOFTMAX", [builder.tensor(site.x.name)], builder.tensor(site.y.name),
                     "SoftmaxOptions", beta=1.0)


PLUGIN = Emitter(emit, (site_rules.float_or_int8, rules.softmax_scale,))
