"""What Vela asks beyond LiteRT: where a rule is broken it compiles nothing at all of the model."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.ops._rules import present
from edgec.lower.site_rules import Rule

_BROADCASTING = ("add", "div", "maximum", "minimum", "mul", "pow", "sub")


def no_float_hard_swish(site: Site) -> bool:
    """Vela refuses a hard swish in float32, which is how LiteRT runs one: use ReLU or ReLU6."""
    return bool(site.attributes.kind != "hard_swish")


def broadcast_in_four_axes(site: Site) -> bool:
    """Vela broadcasts in at most four axes."""
    shapes = {t.shape for t in present(site.inputs)}
    return len(shapes) == 1 or max(map(len, shapes)) <= 4


def no_reshape_to_scalar(site: Site) -> bool:
    """Vela refuses a reshape to a scalar."""
    return len(site.y.shape) > 0


RULES: dict[str, tuple[Rule, ...]] = {
    "unary": (no_float_hard_swish,),
    "reshape": (no_reshape_to_scalar,),
    **dict.fromkeys(_BROADCASTING, (broadcast_in_four_axes,)),
}
