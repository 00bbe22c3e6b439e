"""CONV_2D."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import clamping, weights, windows
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.ops.conv2d import window


def emit(site: Site, builder: Builder) -> None:
    """Groups follow from the shapes of image and weights."""
    attributes = site.attributes
    placement = windows.place(window(attributes, site.input(1)), site.x.shape)
    x = windows.padded(site, builder, placement)
    with clamping.result(site, builder) as (y, activation):
        builder.operator(
            "CONV_2D", [x, *weights.add(site, builder)], y, "Conv2DOptions",
            padding=placement.padding, fusedActivationFunction=activation,
            **windows.steps(attributes))


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, site_rules.constant_weights))
