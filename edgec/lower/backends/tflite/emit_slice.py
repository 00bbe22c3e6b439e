"""SLICE, or STRIDED_SLICE when a step is not 1."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """LiteRT counts a negative end from the back, so a box that ends before 0 has none."""
    a, name = site.attributes, site.node.name
    x, y = builder.tensor(site.x.name), builder.tensor(site.y.name)
    start = builder.int32(f"{name}:start", a.start)
    if set(a.step) <= {1}:
        builder.operator("SLICE", [x, start, builder.int32(f"{name}:size", a.length)], y,
                         "SliceOptions")
        return
    ends = [first + step * count for first, step, count in zip(a.start, a.step, a.length,
                                                               strict=True)]
    open_ends = sum(1 << axis for axis, end in enumerate(ends) if end < 0)
    end, step = builder.int32(f"{name}:end", ends), builder.int32(f"{name}:step", a.step)
    builder.operator("STRIDED_SLICE", [x, start, end, step], y, "StridedSliceOptions",
                     endMask=open_ends)


PLUGIN = Emitter(emit, (site_rules.one_type, rules.rank_at_most_five,))
