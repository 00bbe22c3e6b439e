"""AVERAGE_POOL_2D."""

from __future__ import annotations

from math import prod

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import pooling, rules, windows
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """LiteRT leaves SAME padding out of the average; any other is added to the image before.

    Behind it a QUANTIZE to the output's scale, or, where padding must not count, a product.
    """
    placement = pooling.average_placement(site)
    x = windows.padded(site, builder, placement)
    y, name = builder.tensor(site.y.name), site.node.name
    if pooling.counts_border(site):
        mean = builder.between(f"{name}:average", site.y)
        pooling.operator(site, builder, "AVERAGE_POOL_2D", x, mean, placement.padding)
        factor = builder.constant(f"{name}:factor", _full_over_inside(site))
        builder.operator("MUL", [mean, factor], y, "MulOptions")
    elif site.x.quantization is None or site.x.quantization.same_as(site.y.quantization):
        pooling.operator(site, builder, "AVERAGE_POOL_2D", x, y, placement.padding)
    else:
        mean = builder.between(f"{name}:average", site.y, quantization=site.x.quantization)
        pooling.operator(site, builder, "AVERAGE_POOL_2D", x, mean, placement.padding)
        builder.operator("QUANTIZE", [mean], y, "QuantizeOptions")


def _full_over_inside(site: Site) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """kh · kw / taps inside the image, float32[1, oh, ow, 1]."""
    inside = site.attributes.window().counts(*site.x.shape[1:3]).astype(np.float32)
    return np.asarray(np.float32(prod(site.attributes.kernel)) / inside)[None, :, :, None]


PLUGIN = Emitter(emit, (rules.float_or_int8, rules.average_as_same_or_valid,
                        rules.average_keeps_scale))
