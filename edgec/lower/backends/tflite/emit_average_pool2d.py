"""AVERAGE_POOL_2D."""

from __future__ import annotations

from math import prod

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import pooling, rules, windows
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.graph import Array


def emit(site: Site, builder: Builder) -> None:
    """LiteRT leaves SAME padding out of the average; any other is added to the image before.

    Where that must not count, the mean is multiplied by all taps / taps inside the image.
    """
    placement = pooling.average_placement(site)
    x = windows.padded(site, builder, placement)
    y, name = builder.tensor(site.y.name), site.node.name
    if pooling.counts_border(site):
        mean = builder.between(f"{name}:average", site.y)
        pooling.operator(site, builder, "AVERAGE_POOL_2D", x, mean, placement.padding)
        factor = builder.constant(f"{name}:factor", _full_over_inside(site))
        builder.operator("MUL", [mean, factor], y, "MulOptions")
    else:
        pooling.operator(site, builder, "AVERAGE_POOL_2D", x, y, placement.padding)


def _full_over_inside(site: Site) -> Array:
    """kh · kw / taps inside the image, float32[1, oh, ow, 1]."""
    inside = site.attributes.window().counts(site.x.shape[1], site.x.shape[2])
    ratio = np.float32(prod(site.attributes.kernel)) / inside.astype(np.float32)
    return np.asarray(ratio, np.float32)[None, :, :, None]


PLUGIN = Emitter(emit, (site_rules.float_or_int8, rules.average_as_same_or_valid,
                        rules.average_keeps_scale))
