"""Functions of one element: one node `unary` each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from edgec.lower.onnx_import._call import Call, Importers, Unsupported
from edgec.lower.onnx_import.arithmetic import need_float
from edgec.lower.ops.add import Add
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.unary import Unary


def _plain(kind: str) -> Callable[[Call], Sequence[str]]:
    def importer(call: Call) -> Sequence[str]:
        need_float(call)
        return [call.emit(Unary(kind), [call.input(0)])]
    return importer


def _with_alpha(kind: str, default: float) -> Callable[[Call], Sequence[str]]:
    def importer(call: Call) -> Sequence[str]:
        need_float(call)
        return [call.emit(Unary(kind, call.number("alpha", default)), [call.input(0)])]
    return importer


def _clip(call: Call) -> Sequence[str]:
    need_float(call)
    low, high = call.scalar(1, "min", -math.inf), call.scalar(2, "max", math.inf)
    return [call.emit(Unary("clip", low, high), [call.input(0)])]


def _hard_sigmoid(call: Call) -> Sequence[str]:
    alpha, beta = call.number("alpha", 0.2), call.number("beta", 0.5)
    return [call.emit(Unary("hard_sigmoid", alpha, beta), [call.input(0)])]


def _gelu(call: Call) -> Sequence[str]:
    kinds = {"none": "gelu", "tanh": "gelu_tanh"}
    mode = call.text("approximate", "none")
    if mode not in kinds:
        raise Unsupported(f"approximates by {mode!r}")
    return [call.emit(Unary(kinds[mode]), [call.input(0)])]


def _prelu(call: Call) -> Sequence[str]:
    """One slope: leaky_relu. One per channel: relu(x) − slope · relu(−x)."""
    slope = call.constant(1, "the slope").astype(np.float32)
    x = call.input(0)
    if slope.size == 1:
        return [call.emit(Unary("leaky_relu", float(slope.reshape(-1)[0])), [x])]
    positive = call.emit(Unary("relu"), [x], "positive")
    negated = call.emit(Unary("neg"), [x], "negated")
    negative = call.emit(Unary("relu"), [negated], "negative")
    scaled = call.emit(Mul(), [negative, call.add_constant("slope", -slope)], "scaled")
    return [call.emit(Add(), [positive, scaled])]


def _swish(call: Call) -> Sequence[str]:
    if call.number("alpha", 1.0) != 1.0:
        raise Unsupported("has an alpha other than 1")
    return [call.emit(Unary("silu"), [call.input(0)])]


PLUGIN: Importers = {
    "Relu": _plain("relu"), "Sigmoid": _plain("sigmoid"), "Tanh": _plain("tanh"),
    "HardSwish": _plain("hard_swish"), "Erf": _plain("erf"), "Exp": _plain("exp"),
    "Log": _plain("log"), "Sqrt": _plain("sqrt"), "Neg": _plain("neg"), "Abs": _plain("abs"),
    "Reciprocal": _plain("reciprocal"), "Softplus": _plain("softplus"),
    "LeakyRelu": _with_alpha("leaky_relu", 0.01), "Elu": _with_alpha("elu", 1.0),
    "Clip": _clip, "HardSigmoid": _hard_sigmoid, "Gelu": _gelu, "PRelu": _prelu, "Swish": _swish,
}
