"""FULLY_CONNECTED."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import clamping, weights
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The output keeps the input's axes; without that option it would have two."""
    x = builder.tensor(site.x.name)
    with clamping.result(site, builder) as (y, activation):
        builder.operator("FULLY_CONNECTED", [x, *weights.add_matrix(site, builder)], y,
                         "FullyConnectedOptions", keepNumDims=len(site.x.shape) != 2,
                         fusedActivationFunction=activation)


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, site_rules.constant_weights))
