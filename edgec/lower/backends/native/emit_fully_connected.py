"""fully_connected_s8, sparse_fully_connected_s8, fully_connected_f32."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import weights
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def operands(site: Site, builder: Builder) -> tuple[str, list[int], list[int]]:
    """Op, inputs and params. Weights [n, k] as one group."""
    by_channel = np.asarray(site.input(1).data)[None]
    x = builder.tensor(site.x.name)
    if site.y.dtype == "s8":
        prefix, constants = weights.add_product_s8(site, builder, by_channel[:, :, None])
        return f"{prefix}fully_connected_s8", [x, *constants], weights.int8_params(site)
    constants = weights.add_f32(site, builder, "f32_16", by_channel)
    return "fully_connected_f32", [x, *constants], weights.clamp_params(site)


def emit(site: Site, builder: Builder) -> None:
    """One node."""
    op, inputs, params = operands(site, builder)
    builder.node(op, site, inputs, params)


PLUGIN = Emitter(emit, (site_rules.operands_float_or_int8, site_rules.constant_weights))
