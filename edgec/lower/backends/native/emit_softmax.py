"""softmax_s8, softmax_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops._rules import zero_of
from edgec.lower.ops.softmax import exponentials, inverse_scale


def emit(site: Site, builder: Builder) -> None:
    """The table of exponentials depends on the input's scale only."""
    x, n = builder.tensor(site.x.name), site.x.shape[-1]
    if site.y.dtype == "s8":
        table = builder.constant(f"{site.node.name}:lut", exponentials(site.x))
        builder.node("softmax_s8", site, [x, table],
                     [n, bits(float(inverse_scale(site.y))), zero_of(site.y)])
    else:
        builder.node("softmax_f32", site, [x], [n])


PLUGIN = Emitter(emit, (site_rules.float_or_int8,))
