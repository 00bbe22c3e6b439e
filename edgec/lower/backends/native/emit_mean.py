"""mean_s8, mean_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.backends.native.reduction import sizes
from edgec.lower.ops._rules import zero_of
from edgec.lower.ops.mean import multiplier


def emit(site: Site, builder: Builder) -> None:
    """The multiplier is already divided by the count."""
    params = list(sizes(site))
    if site.y.dtype == "s8":
        mult = float(multiplier(site.attributes, site.x, site.y))
        params += [zero_of(site.x), zero_of(site.y), bits(mult)]
    builder.node(f"mean_{site.y.dtype}", site, [builder.tensor(site.x.name)], params)


PLUGIN = Emitter(emit, (site_rules.float_or_int8, rules.neighbouring_axes, rules.small_sum))
