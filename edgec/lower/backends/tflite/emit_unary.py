"""Functions of one float32 element: one operator where LiteRT has it, a formula elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import expressions, rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.backends.tflite.expressions import Expression

# alpha and beta are the node's attributes. Formulas avoid the overflow and cancellation of the
# textbook form: softplus adds log(1 + exp(-|x|)), elu takes expm1 of what is below 0.
FORMULAS: Mapping[str, Expression] = MappingProxyType({
    "relu": ("RELU", "x"),
    "sigmoid": ("LOGISTIC", "x"),
    "tanh": ("TANH", "x"),
    "hard_swish": ("HARD_SWISH", "x"),
    "hard_sigmoid": ("MINIMUM", ("MAXIMUM", ("ADD", ("MUL", "x", "alpha"), "beta"), 0.0), 1.0),
    "silu": ("MUL", "x", ("LOGISTIC", "x")),
    "clip": ("MINIMUM", ("MAXIMUM", "x", "alpha"), "beta"),
    "exp": ("EXP", "x"),
    "log": ("LOG", "x"),
    "sqrt": ("SQRT", "x"),
    "rsqrt": ("RSQRT", "x"),
    "neg": ("NEG", "x"),
    "abs": ("ABS", "x"),
    "elu": ("ADD", ("RELU", "x"), ("MUL", ("ELU", ("MINIMUM", "x", 0.0)), "alpha")),
    "reciprocal": ("DIV", 1.0, "x"),
    "softplus": ("ADD", ("RELU", "x"), ("LOG", ("ADD", ("EXP", ("NEG", ("ABS", "x"))), 1.0))),
})


def emit(site: Site, builder: Builder) -> None:
    """By kind."""
    a = site.attributes
    x = builder.tensor(site.x.name)
    if a.kind in ("gelu", "gelu_tanh"):
        builder.operator("GELU", [x], builder.tensor(site.y.name), "GeluOptions",
                         approximate=a.kind == "gelu_tanh")
    elif a.kind == "leaky_relu":
        builder.operator("LEAKY_RELU", [x], builder.tensor(site.y.name), "LeakyReluOptions",
                         alpha=a.alpha)
    else:
        expressions.write(site, builder, _with(FORMULAS[a.kind], a.alpha, a.beta), {"x": x})


def _with(expression: Expression, alpha: float, beta: float) -> Expression:
    """The expression with numbers for alpha and beta."""
    if isinstance(expression, tuple):
        return (expression[0], *(_with(e, alpha, beta) for e in expression[1:]))
    return {"alpha": alpha, "beta": beta}.get(str(expression), expression)


PLUGIN = Emitter(emit, (rules.float_only, rules.no_erf))
