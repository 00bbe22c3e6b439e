"""Comparisons, logic and choice, element by element."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from edgec.model.handler import Call, Handler


def where(call: Call, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """a where the condition holds, else b."""
    return torch.where(condition, a, b)


def is_inf(call: Call, x: Tensor) -> Tensor:
    """Whether an element is infinite, of the signs asked for."""
    positive = torch.isposinf(x) & bool(call.get("detect_positive", 1))
    return positive | (torch.isneginf(x) & bool(call.get("detect_negative", 1)))


def is_nan(call: Call, x: Tensor) -> Tensor:
    """Whether an element is not a number."""
    return torch.isnan(x)


def logical_not(call: Call, x: Tensor) -> Tensor:
    """The opposite truth."""
    return torch.logical_not(x)


def _compare(function: Callable[[Tensor, Tensor], Tensor]) -> Handler:
    def run(call: Call, a: Tensor, b: Tensor) -> Tensor:
        return function(_comparable(a), _comparable(b))
    return Handler(run)


def _comparable(x: Tensor) -> Tensor:
    """Torch does not compare its wide unsigned types; int64 holds all but the upper half of u64."""
    wide = {torch.uint16, torch.uint32, torch.uint64}
    return x.to(torch.int64) if x.dtype in wide else x


PLUGIN = {
    "Equal": _compare(torch.eq),
    "Less": _compare(torch.lt),
    "LessOrEqual": _compare(torch.le),
    "Greater": _compare(torch.gt),
    "GreaterOrEqual": _compare(torch.ge),
    "And": _compare(torch.logical_and),
    "Or": _compare(torch.logical_or),
    "Xor": _compare(torch.logical_xor),
    "Not": Handler(logical_not),
    "Where": Handler(where),
    "IsNaN": Handler(is_nan),
    "IsInf": Handler(is_inf),
}
