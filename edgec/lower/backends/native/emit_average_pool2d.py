"""average_pool2d_s8, average_pool2d_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops._rules import ratio, zero_of


def emit(site: Site, builder: Builder) -> None:
    """The multiplier is not yet divided by the count."""
    a = site.attributes
    params = [*a.kernel, *a.stride, *a.pad[:2], int(a.count_include_pad)]
    if site.y.dtype == "s8":
        params += [zero_of(site.x), zero_of(site.y), bits(float(ratio(site.x, site.y)))]
    builder.node(f"average_pool2d_{site.y.dtype}", site, [builder.tensor(site.x.name)], params)


PLUGIN = Emitter(emit, (site_rules.float_or_int8, rules.small_window, rules.small_sum))
