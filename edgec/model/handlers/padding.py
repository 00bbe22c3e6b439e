"""Pad."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.model.handler import Call, Handler, ints
from edgec.model.handlers.convolution import torch_pads


def pad(call: Call, x: Tensor, pads: Tensor, value: Tensor | None = None,
        given: Tensor | None = None) -> Tensor:
    """x with elements added (or, below zero, removed) at the ends of the axes.

    They are constant, or repeat the edge, or mirror the inside (reflect), or continue from the
    other end (wrap).
    """
    amounts = ints(pads) or []
    dims = ints(given) if given is not None else list(range(x.ndim))
    assert dims is not None
    pairs = [(0, 0)] * x.ndim
    for i, dim in enumerate(dims):
        pairs[dim % x.ndim] = (amounts[i], amounts[i + len(dims)])
    mode = call.get("mode", "constant")
    if mode == "constant":
        if x.dtype == torch.bool:
            filled = F.pad(x.to(torch.uint8), torch_pads(pairs), value=_number(value))
            return filled.to(torch.bool)
        return F.pad(x, torch_pads(pairs), value=_number(value))
    for dim, (begin, end) in enumerate(pairs):
        if begin or end:
            index = torch.arange(-begin, x.shape[dim] + end, device=x.device)
            x = x.index_select(dim, _source(index, x.shape[dim], mode))
    return x


def _number(value: Tensor | None) -> float:
    return 0 if value is None or value.numel() == 0 else value.reshape(()).item()


def _source(index: Tensor, size: int, mode: str) -> Tensor:
    """Which element of the axis stands at each index, which may lie outside."""
    if mode == "edge":
        return index.clamp(0, size - 1)
    if mode == "wrap":
        return index.remainder(size)
    if size == 1:
        return torch.zeros_like(index)
    folded = index.remainder(2 * (size - 1))
    return torch.where(folded < size, folded, 2 * (size - 1) - folded)


def _known_mode(call: Call) -> str:
    mode = call.get("mode", "constant")
    return "" if mode in ("constant", "edge", "reflect", "wrap") else f"mode {mode!r}"


PLUGIN = {"Pad": Handler(pad, refuses=_known_mode)}
