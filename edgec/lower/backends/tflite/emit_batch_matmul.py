"""BATCH_MATMUL."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Two activations."""
    operands = [builder.tensor(site.x.name), builder.tensor(site.input(1).name)]
    builder.operator("BATCH_MATMUL", operands, builder.tensor(site.y.name), "BatchMatMulOptions",
                     adjY=site.attributes.transpose_b)


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, rules.rank_at_most_five))
