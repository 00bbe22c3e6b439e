"""DEPTHWISE_CONV_2D."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import clamping, weights, windows
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.ops.depthwise_conv2d import window


def emit(site: Site, builder: Builder) -> None:
    """One filter a channel."""
    attributes = site.attributes
    placement = windows.place(window(attributes, site.input(1)), site.x.shape)
    x = windows.padded(site, builder, placement)
    with clamping.result(site, builder) as (y, activation):
        builder.operator(
            "DEPTHWISE_CONV_2D", [x, *weights.add_depthwise(site, builder)], y,
            "DepthwiseConv2DOptions", padding=placement.padding, depthMultiplier=1,
            fusedActivationFunction=activation, **windows.steps(attributes))


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, site_rules.constant_weights))
