"""Functions of one element in float32; their int8 form is the op `lut`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


@dataclass(frozen=True)
class Unary:
    """kind: a key of KINDS. alpha, beta: what the kind's formula names so, else unused."""

    kind: str
    alpha: float = 0.0
    beta: float = 0.0


def _erf(x: Array) -> Array:
    values = np.fromiter(map(math.erf, x.reshape(-1).tolist()), np.float64, x.size)
    return values.reshape(x.shape)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _gelu_tanh(x: Array) -> Array:
    return np.asarray(0.5 * x * (1.0 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))


# The order is that of the file format's kind numbers.
KINDS: Mapping[str, Callable[[Array, float, float], Array]] = MappingProxyType({
    "relu": lambda x, a, b: np.maximum(x, 0.0),
    "sigmoid": lambda x, a, b: _sigmoid(x),
    "tanh": lambda x, a, b: np.tanh(x),
    "gelu": lambda x, a, b: 0.5 * x * (1.0 + _erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x, a, b: _gelu_tanh(x),
    "hard_swish": lambda x, a, b: x * np.clip(x / 6 + 0.5, 0.0, 1.0),
    "hard_sigmoid": lambda x, a, b: np.clip(a * x + b, 0.0, 1.0),
    "silu": lambda x, a, b: x * _sigmoid(x),
    "clip": lambda x, a, b: np.minimum(np.maximum(x, a), b),
    "exp": lambda x, a, b: np.exp(x),
    "log": lambda x, a, b: np.log(x),
    "sqrt": lambda x, a, b: np.sqrt(x),
    "rsqrt": lambda x, a, b: 1.0 / np.sqrt(x),
    "neg": lambda x, a, b: -x,
    "abs": lambda x, a, b: np.abs(x),
    "erf": lambda x, a, b: _erf(x),
    "leaky_relu": lambda x, a, b: np.where(x < 0, a * x, x),
    "elu": lambda x, a, b: np.where(x < 0, a * np.expm1(np.minimum(x, 0.0)), x),
    "reciprocal": lambda x, a, b: 1.0 / x,
    "softplus": lambda x, a, b: np.logaddexp(x, 0.0),
})


def evaluate(attributes: Unary, x: Array) -> Array:
    """The function of float32 x, computed in float64 and rounded once to float32."""
    with np.errstate(all="ignore"):
        y = KINDS[attributes.kind](x.astype(np.float64), attributes.alpha, attributes.beta)
        return np.asarray(y, np.float32)


class UnaryOp(Op):
    """y = f(x), elementwise; float32 only."""

    attributes = Unary
    in_place = (0,)

    def shapes(self, attributes: Unary, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's shape."""
        _rules.check_shapes(attributes.kind in KINDS, f"unary: no function {attributes.kind!r}; "
                                                      f"there are: {', '.join(KINDS)}.")
        return [_rules.need(inputs[0]).shape]

    def broken_rules(self, attributes: Unary, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Float32 only."""
        return _rules.no_int8_form(attributes.kind, inputs, outputs)

    def reference(self, attributes: Unary, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """`evaluate`."""
        return [evaluate(attributes, np.asarray(values[0]))]


PLUGIN = UnaryOp()
