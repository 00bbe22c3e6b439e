"""What the emitters of layers that add a residual share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import elementwise
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.ops import _residual, _sum

# The engine's op, its inputs and its params for a layer.
Operands = Callable[[Site, Builder], tuple[str, list[int], list[int]]]


def emitter(operands: Operands, layer_rules: tuple[site_rules.Rule, ...]) -> Emitter:
    """The layer's node with the residual as one input more, and add_s8's params behind its own."""
    def emit(site: Site, builder: Builder) -> None:
        layer = layer_of(site)
        op, inputs, params = operands(layer, builder)
        inputs.append(builder.tensor(site.input(3).name))
        params += elementwise.sum_params(_sum.constants([layer.y, site.inputs[3]], site.y, 1), site)
        builder.node(op, site, inputs, params)

    def keeps_its_rules(rule: site_rules.Rule) -> site_rules.Rule:
        def of_layer(site: Site) -> bool:
            return rule(layer_of(site))
        of_layer.__doc__ = rule.__doc__
        return of_layer

    return Emitter(emit, tuple(map(keeps_its_rules, layer_rules)))


def layer_of(site: Site) -> Site:
    """The layer without its residual."""
    node = replace(site.node, attributes=site.attributes.layer)
    return Site(node, site.inputs[:3], (_residual.result(site.attributes, site.y),))
