"""Arithmetic element by element, with numpy's broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import onnx_ir as ir
import torch
from torch import Tensor

from edgec.model.handler import Call, Handler


def div(call: Call, a: Tensor, b: Tensor) -> Tensor:
    """a / b; integers are rounded towards zero."""
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def mod(call: Call, a: Tensor, b: Tensor) -> Tensor:
    """The remainder with the sign of b, or (fmod) of a."""
    return torch.fmod(a, b) if call.get("fmod", 0) else torch.remainder(a, b)


def power(call: Call, a: Tensor, b: Tensor) -> Tensor:
    """a to the power b, in the type of a."""
    return torch.pow(a, b).to(a.dtype)


def clip(call: Call, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """x limited to [low, high]; high wins when they cross."""
    if low is not None:
        x = torch.maximum(x, low)
    return x if high is None else torch.minimum(x, high)


def mean(call: Call, *values: Tensor) -> Tensor:
    """Mean of all inputs."""
    return reduce(torch.add, values) / len(values)


def reciprocal(call: Call, x: Tensor) -> Tensor:
    """1 / x."""
    return torch.reciprocal(x)


def _signed_or_byte(call: Call) -> str:
    wide = {ir.DataType.UINT16, ir.DataType.UINT32, ir.DataType.UINT64}
    used = [kind.name for kind in call.input_types if kind in wide]
    return f"torch has no arithmetic for {used[0]}" if used else ""


def unary(function: Callable[[Tensor], Tensor]) -> Handler:
    """A handler of a function of one tensor."""
    def run(call: Call, x: Tensor) -> Tensor:
        return function(x)
    return Handler(run)


def binary(function: Callable[[Tensor, Tensor], Tensor]) -> Handler:
    """A handler of a function of two tensors; whole tensors among them are learned."""
    def run(call: Call, a: Tensor, b: Tensor) -> Tensor:
        return function(a, b)
    return Handler(run, trains=(0, 1), single_numbers=False, refuses=_signed_or_byte)


def variadic(function: Callable[[Tensor, Tensor], Tensor]) -> Handler:
    """A handler that folds any number of tensors with a function of two."""
    def run(call: Call, *values: Tensor) -> Tensor:
        return reduce(function, values)
    return Handler(run, refuses=_signed_or_byte)


PLUGIN = {
    "Add": binary(torch.add),
    "Sub": binary(torch.sub),
    "Mul": binary(torch.mul),
    "Div": Handler(div, trains=(0, 1), single_numbers=False, refuses=_signed_or_byte),
    "Mod": Handler(mod, refuses=_signed_or_byte),
    "Pow": Handler(power),
    "Clip": Handler(clip),
    "Max": variadic(torch.maximum),
    "Min": variadic(torch.minimum),
    "Sum": variadic(torch.add),
    "Mean": Handler(mean),
    "Neg": unary(torch.neg),
    "Abs": unary(torch.abs),
    "Sqrt": unary(torch.sqrt),
    "Reciprocal": Handler(reciprocal),
    "Exp": unary(torch.exp),
    "Log": unary(torch.log),
    "Floor": unary(torch.floor),
    "Ceil": unary(torch.ceil),
    "Round": unary(torch.round),
    "Sign": unary(torch.sign),
    "Erf": unary(torch.erf),
    "Sin": unary(torch.sin),
    "Cos": unary(torch.cos),
    "Tan": unary(torch.tan),
    "Asin": unary(torch.asin),
    "Acos": unary(torch.acos),
    "Atan": unary(torch.atan),
    "Sinh": unary(torch.sinh),
    "Cosh": unary(torch.cosh),
    "Asinh": unary(torch.asinh),
    "Acosh": unary(torch.acosh),
    "Atanh": unary(torch.atanh),
}
