"""conv2d_s8, sparse_conv2d_s8, conv2d_f32."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import pack, rules, weights
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def operands(site: Site, builder: Builder) -> tuple[str, list[int], list[int]]:
    """Op, inputs and params. Weights [o, kh, kw, c / groups] as [groups, o / groups, depth]."""
    w, groups = site.input(1), site.attributes.groups
    weight = np.asarray(w.data)
    params = [*weights.window_params(site, (w.shape[1], w.shape[2])), groups]
    x = builder.tensor(site.x.name)
    if site.y.dtype == "s8":
        by_tap = pack.by_tap(weight, groups, site.attributes.dilation[1])
        prefix, constants = weights.add_product_s8(site, builder, by_tap)
        return f"{prefix}conv2d_s8", [x, *constants], [*params, *weights.int8_params(site)]
    by_channel = weight.reshape(groups, w.shape[0] // groups, -1)
    constants = weights.add_f32(site, builder, "f32_16", by_channel)
    return "conv2d_f32", [x, *constants], [*params, *weights.clamp_params(site)]


def emit(site: Site, builder: Builder) -> None:
    """One node."""
    op, inputs, params = operands(site, builder)
    builder.node(op, site, inputs, params)


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, site_rules.constant_weights,
                        rules.small_window))
