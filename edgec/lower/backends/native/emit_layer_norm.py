"""layer_norm_s8, layer_norm_f32."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.numerics import QMAX, QMIN
from edgec.lower.ops._rules import zero_of
from edgec.lower.ops.layer_norm import epsilon_q, in_output_units


def emit(site: Site, builder: Builder) -> None:
    """gamma and beta in units of the output's scale."""
    x, n = builder.tensor(site.x.name), site.x.shape[-1]
    gamma, beta = site.input(1), site.input(2)
    if site.y.dtype == "s8":
        scaled = [builder.constant(f"{site.node.name}:{p.name}",
                                   in_output_units(np.asarray(p.data), site.y))
                  for p in (gamma, beta)]
        epsilon = float(epsilon_q(site.attributes, site.x))
        builder.node("layer_norm_s8", site, [x, *scaled],
                     [n, bits(epsilon), zero_of(site.y), QMIN, QMAX])
    else:
        builder.node("layer_norm_f32", site,
                     [x, builder.tensor(gamma.name), builder.tensor(beta.name)],
                     [n, bits(site.attributes.epsilon)])


PLUGIN = Emitter(emit, (site_rules.float_or_int8, rules.small_sum, rules.positive_epsilon))
