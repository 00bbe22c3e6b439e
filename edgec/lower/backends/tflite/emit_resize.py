"""RESIZE_BILINEAR; RESIZE_NEAREST_NEIGHBOR where it takes the same pixels, else two GATHERs."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.graph import Array


def emit(site: Site, builder: Builder) -> None:
    """By mode."""
    a, name = site.attributes, site.node.name
    x, y = builder.tensor(site.x.name), builder.tensor(site.y.name)
    if a.mode == "nearest":
        _nearest(site, builder, x, y)
        return
    size = builder.int32(f"{name}:size", a.size)
    builder.operator("RESIZE_BILINEAR", [x, size], y, "ResizeBilinearOptions",
                     alignCorners=a.coordinates == "align_corners",
                     halfPixelCenters=a.coordinates.endswith("half_pixel"))


def _nearest(site: Site, builder: Builder, x: int, y: int) -> None:
    a, name, (n, height, width, channels) = site.attributes, site.node.name, site.x.shape
    iy, ix = a.nearest_taps((height, width))
    if site.x.dtype != "s64" and _repeats(iy, height) and _repeats(ix, width):
        size = builder.int32(f"{name}:size", a.size)
        builder.operator("RESIZE_NEAREST_NEIGHBOR", [x, size], y, "ResizeNearestNeighborOptions",
                         alignCorners=False, halfPixelCenters=False)
        return
    rows = builder.between(f"{name}:rows", site.x, shape=(n, a.size[0], width, channels))
    builder.operator("GATHER", [x, builder.int32(f"{name}:iy", iy)], rows, "GatherOptions", axis=1)
    builder.operator("GATHER", [rows, builder.int32(f"{name}:ix", ix)], y, "GatherOptions", axis=2)


def _repeats(taps: Array, size: int) -> bool:
    """Whether each pixel is taken 1, 2, 4, ... times: all runtimes agree about these factors."""
    factor, rest = divmod(len(taps), size)
    return rest == 0 and factor.bit_count() == 1 and bool(
        np.array_equal(taps, np.arange(len(taps)) // factor))


PLUGIN = Emitter(emit, (site_rules.one_type, rules.bilinear_of_litert))
