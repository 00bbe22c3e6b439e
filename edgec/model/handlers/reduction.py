"""Reductions over axes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from edgec.model.handler import Call, Handler, axes

Reduce = Callable[[Tensor, tuple[int, ...], bool], Tensor]


def _reduction(function: Reduce) -> Handler:
    def run(call: Call, x: Tensor, given: Tensor | None = None) -> Tensor:
        dims, keep = axes(call, given), bool(call.get("keepdims", 1))
        if not dims and call.get("noop_with_empty_axes", 0):
            return function(x.unsqueeze(-1), (-1,), False)  # each element is its own reduction
        if not dims:
            dims = list(range(x.ndim))
        return function(x, tuple(dims), keep) if dims else function(x.unsqueeze(-1), (-1,), False)
    return Handler(run)


def _sum(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return x.sum(dims, keepdim=keep, dtype=x.dtype)


def _mean(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return x.mean(dims, keepdim=keep)


def _max(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return _extremum(x, dims, keep, torch.amax)


def _min(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return _extremum(x, dims, keep, torch.amin)


def _extremum(x: Tensor, dims: tuple[int, ...], keep: bool,
              function: Callable[..., Tensor]) -> Tensor:
    """The maximum of nothing is the type's least value, the minimum its greatest."""
    if any(x.shape[d] == 0 for d in dims):
        kept = x.sum(dims, keepdim=keep, dtype=x.dtype)
        least, greatest = _limits(x.dtype)
        return torch.full_like(kept, least if function is torch.amax else greatest)
    return function(x, dims, keepdim=keep)


def _limits(dtype: torch.dtype) -> tuple[float, float]:
    if dtype == torch.bool:
        return False, True
    if dtype.is_floating_point:
        return -math.inf, math.inf
    limits = torch.iinfo(dtype)
    return limits.min, limits.max


def _prod(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    for dim in sorted((d % x.ndim for d in dims), reverse=True):
        x = x.prod(dim, keepdim=keep, dtype=x.dtype)
    return x


def _l1(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return _sum(x.abs(), dims, keep)


def _l2(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return torch.sqrt(_sum(x * x, dims, keep)).to(x.dtype)


def _log_sum(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return torch.log(_sum(x, dims, keep))


def _log_sum_exp(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return torch.logsumexp(x, dims, keepdim=keep)


def _sum_square(x: Tensor, dims: tuple[int, ...], keep: bool) -> Tensor:
    return _sum(x * x, dims, keep)


def _arg(function: Callable[..., Tensor]) -> Handler:
    def run(call: Call, x: Tensor) -> Tensor:
        axis, keep = call.get("axis", 0), bool(call.get("keepdims", 1))
        if call.get("select_last_index", 0):
            last: Tensor = x.shape[axis] - 1 - function(x.flip(axis), axis, keep)
            return last
        return function(x, axis, keep)
    return Handler(run)


def cumsum(call: Call, x: Tensor, axis: Tensor) -> Tensor:
    """Sum of all elements up to (exclusive: before) each one, forwards or in reverse."""
    dim = int(axis)
    x = x.flip(dim) if call.get("reverse", 0) else x
    y = torch.cumsum(x, dim, dtype=x.dtype)
    y = y - x if call.get("exclusive", 0) else y
    return y.flip(dim) if call.get("reverse", 0) else y


PLUGIN = {
    "ReduceSum": _reduction(_sum),
    "ReduceMean": _reduction(_mean),
    "ReduceMax": _reduction(_max),
    "ReduceMin": _reduction(_min),
    "ReduceProd": _reduction(_prod),
    "ReduceL1": _reduction(_l1),
    "ReduceL2": _reduction(_l2),
    "ReduceLogSum": _reduction(_log_sum),
    "ReduceLogSumExp": _reduction(_log_sum_exp),
    "ReduceSumSquare": _reduction(_sum_square),
    "ArgMax": _arg(torch.argmax),
    "ArgMin": _arg(torch.argmin),
    "CumSum": Handler(cumsum),
}
