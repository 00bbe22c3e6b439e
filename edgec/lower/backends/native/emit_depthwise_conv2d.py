"""depthwise_conv2d_s8, depthwise_conv2d_f32."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules, weights
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """Weights [kh, kw, c], packed by blocks of channels. The int8 op takes no wsum."""
    kh, kw, channels = site.input(1).shape
    by_channel = np.asarray(site.input(1).data).reshape(kh * kw, channels).T
    params = weights.window_params(site, (kh, kw))
    x = builder.tensor(site.x.name)
    if site.y.dtype == "s8":
        constants = weights.add_s8(site, builder, "dw16", by_channel, wsum=False)
        builder.node("depthwise_conv2d_s8", site, [x, *constants],
                     [*params, *weights.int8_params(site)])
    else:
        constants = weights.add_f32(site, builder, "dw16", by_channel)
        builder.node("depthwise_conv2d_f32", site, [x, *constants],
                     [*params, *weights.clamp_params(site)])


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, site_rules.constant_weights,
                        rules.small_window))
