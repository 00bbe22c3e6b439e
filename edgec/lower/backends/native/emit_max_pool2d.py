"""max_pool2d_s8, max_pool2d_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """kh, kw, stride_h, stride_w, pad_top, pad_left."""
    a = site.attributes
    builder.node(f"max_pool2d_{site.y.dtype}", site, [builder.tensor(site.x.name)],
                 [*a.kernel, *a.stride, *a.pad[:2]])


PLUGIN = Emitter(emit, (site_rules.float_or_int8, rules.small_window, rules.small_sum))
