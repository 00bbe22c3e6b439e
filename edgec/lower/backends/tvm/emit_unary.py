"""Functions that Relax has, or that are made of those it has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.elementwise import clamped, number
from edgec.lower.backends.tvm.emitter import Emitter

# Ours: Relax's.
NAMES: Mapping[str, str] = MappingProxyType({
    "exp": "exp", "log": "log", "sqrt": "sqrt", "neg": "negative", "abs": "abs", "tanh": "tanh",
    "sigmoid": "sigmoid", "erf": "erf",
})


def _times(x: Any, factor: float, plus: float, op: Any) -> Any:
    return op.add(op.multiply(x, number(factor)), number(plus))


def _gelu(x: Any, a: Any, op: Any) -> Any:
    return op.multiply(x, _times(op.erf(op.multiply(x, number(math.sqrt(0.5)))), 0.5, 0.5, op))


# (x, attributes, tvm.relax.op) -> y; what our engine computes where it is there.
FORMULAS: Mapping[str, Callable[[Any, Any, Any], Any]] = MappingProxyType({
    "relu": lambda x, a, op: clamped(x, (0.0, math.inf), op),
    "clip": lambda x, a, op: clamped(x, (a.alpha, a.beta), op),
    "gelu": _gelu,
    "silu": lambda x, a, op: op.multiply(x, op.sigmoid(x)),
    "hard_sigmoid": lambda x, a, op: clamped(_times(x, a.alpha, a.beta, op), (0.0, 1.0), op),
    "hard_swish": lambda x, a, op: op.multiply(
        x, clamped(_times(x, 1 / 6, 0.5, op), (0.0, 1.0), op)),
    "leaky_relu": lambda x, a, op: op.where(op.less(x, number(0.0)),
                                            op.multiply(x, number(a.alpha)), x),
    "rsqrt": lambda x, a, op: op.divide(number(1.0), op.sqrt(x)),
    "reciprocal": lambda x, a, op: op.divide(number(1.0), x),
})


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """The op of that name, or the formula."""
    kind = site.attributes.kind
    if kind in NAMES:
        return getattr(op, NAMES[kind])(operands[0])
    return FORMULAS[kind](operands[0], site.attributes, op)


PLUGIN = Emitter(expression, lambda site: site.attributes.kind in {*NAMES, *FORMULAS},
                 lambda site: site.attributes.kind in NAMES)
