"""MAX_POOL_2D."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import pooling, windows
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.numerics import QMIN
from edgec.lower.ops._window import Window


def emit(site: Site, builder: Builder) -> None:
    """Padding that is not like SAME is added before, with the lowest value."""
    a = site.attributes
    placement = windows.place(Window(a.kernel, a.stride, (1, 1), a.pad), site.x.shape)
    lowest = np.int8(QMIN) if site.x.dtype == "s8" else np.float32(-np.inf)
    x = windows.padded(site, builder, placement, lowest)
    pooling.operator(site, builder, "MAX_POOL_2D", x, builder.tensor(site.y.name),
                     placement.padding)


PLUGIN = Emitter(emit, (site_rules.float_or_int8,))
