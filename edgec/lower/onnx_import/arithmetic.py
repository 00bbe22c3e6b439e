"""Elementwise functions of two or more tensors, with numpy broadcasting; Where of constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.constants import constant_value
from edgec.lower.onnx_import._call import Call, Importers, Unsupported
from edgec.lower.ops.add import Add
from edgec.lower.ops.div import Div
from edgec.lower.ops.maximum import Maximum
from edgec.lower.ops.minimum import Minimum
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.pow import Pow
from edgec.lower.ops.sub import Sub
from edgec.lower.ops.unary import Unary


def need_float(call: Call) -> None:
    """Unsupported when an input is not float32: integer arithmetic is not a part of the graph."""
    for tensor in filter(None, call.inputs):
        dtype = call.editor.tensor(tensor).dtype
        if dtype != "f32":
            raise Unsupported(f"computes with {dtype}; only float32 can be computed with, "
                              "besides what depends on constants alone")


def _fold(make: Callable[[], Any]) -> Callable[[Call], Sequence[str]]:
    """An importer for an op of any number of inputs, from left to right."""
    def importer(call: Call) -> Sequence[str]:
        need_float(call)
        first, *others = [call.input(i) for i in range(len(call.inputs))]
        if not others:
            return [first]
        parts = iter(["", *(f"step{i}" for i in range(1, len(others)))])
        return [reduce(lambda a, b: call.emit(make(), [a, b], next(parts)), others, first)]
    return importer


def _scalar(call: Call, index: int) -> float | None:
    """The value of a constant input with one element that does not add axes to the result."""
    value = constant_value(call.editor, call.input(index))
    if value is None or value.size != 1 or value.ndim > call.rank(call.input(1 - index)):
        return None
    return float(value.reshape(-1)[0])


def _div(call: Call) -> Sequence[str]:
    """By a scalar: a multiplication, which has an int8 form."""
    need_float(call)
    divisor = _scalar(call, 1)
    if divisor is None or divisor == 0.0:
        return [call.emit(Div(), [call.input(0), call.input(1)])]
    factor = np.float32(1.0 / divisor)
    if not np.isfinite(factor):
        return [call.emit(Div(), [call.input(0), call.input(1)])]
    return [call.emit(Mul(), [call.input(0), call.add_constant("factor", factor)])]


_POWERS: Mapping[float, Callable[[Call, str], str]] = MappingProxyType({
    0.5: lambda call, x: call.emit(Unary("sqrt"), [x]),
    1.0: lambda call, x: x,
    2.0: lambda call, x: call.emit(Mul(), [x, x]),
    3.0: lambda call, x: call.emit(Mul(), [call.emit(Mul(), [x, x], "square"), x]),
    -0.5: lambda call, x: call.emit(Unary("rsqrt"), [x]),
    -1.0: lambda call, x: call.emit(Unary("reciprocal"), [x]),
})


def _pow(call: Call) -> Sequence[str]:
    x = call.input(0)
    exponent = _scalar(call, 1)
    if exponent is not None and exponent in _POWERS and call.editor.tensor(x).dtype == "f32":
        return [_POWERS[exponent](call, x)]
    need_float(call)
    return [call.emit(Pow(), [x, call.input(1)])]


def _where(call: Call) -> Sequence[str]:
    """With a constant condition m of zeros and ones: m · a + (1 − m) · b, for finite a and b."""
    condition = call.constant(0, "the condition").astype(np.float32)
    for index in (1, 2):
        value = constant_value(call.editor, call.input(index))
        if value is not None and not np.all(np.isfinite(value)):
            raise Unsupported("chooses between values that are not finite")
    a = call.emit(Mul(), [call.input(1), call.add_constant("mask", condition)], "then")
    other = call.add_constant("mask", np.float32(1.0) - condition)
    b = call.emit(Mul(), [call.input(2), other], "else")
    return [call.emit(Add(), [a, b])]


PLUGIN: Importers = {
    "Add": _fold(Add), "Sub": _fold(Sub), "Mul": _fold(Mul), "Sum": _fold(Add),
    "Min": _fold(Minimum), "Max": _fold(Maximum), "Div": _div, "Pow": _pow, "Where": _where,
}
