"""Reading and writing by index."""

from __future__ import annotations

import torch
from torch import Tensor

from edgec.model.handler import Call, Handler, ints


def gather(call: Call, table: Tensor, indices: Tensor) -> Tensor:
    """Slices of the table along the axis; negative indices count from the end."""
    axis = call.get("axis", 0) % table.ndim
    flat = _positive(indices, table.shape[axis]).reshape(-1)
    y = table.index_select(axis, flat)
    return y.reshape((*table.shape[:axis], *indices.shape, *table.shape[axis + 1:]))


def gather_elements(call: Call, x: Tensor, indices: Tensor) -> Tensor:
    """One element for each index, along the axis."""
    axis = call.get("axis", 0)
    return torch.gather(x, axis, _positive(indices, x.shape[axis]))


def gather_nd(call: Call, x: Tensor, indices: Tensor) -> Tensor:
    """Slices addressed by the last axis of the indices, within batch_dims leading axes."""
    batch_dims = call.get("batch_dims", 0)
    batch = x.shape[:batch_dims]
    depth = indices.shape[-1]
    flat_x = x.reshape(-1, *x.shape[batch_dims:])
    flat_i = indices.reshape(flat_x.shape[0], -1, depth)
    rows = torch.arange(flat_x.shape[0], device=x.device).unsqueeze(1).expand(flat_i.shape[:2])
    y = flat_x[(rows, *(flat_i[..., k] for k in range(depth)))]
    return y.reshape((*batch, *indices.shape[batch_dims:-1], *x.shape[batch_dims + depth:]))


def scatter_elements(call: Call, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """x with the elements at the indices replaced or combined with the updates."""
    axis, how = call.get("axis", 0), call.get("reduction", "none")
    positive = _positive(indices, x.shape[axis])
    if how == "none":
        return x.scatter(axis, positive, updates)
    return x.scatter_reduce(axis, positive, updates, _REDUCTIONS[how])


def scatter_nd(call: Call, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """x with the slices at the indices replaced or combined with the updates."""
    depth, how = indices.shape[-1], call.get("reduction", "none")
    inner = x.shape[depth:]
    strides = [x[(0,) * (k + 1)].numel() if x.numel() else 0 for k in range(depth)]
    start = torch.zeros_like(indices[..., 0])
    for k in range(depth):
        start = start + _positive(indices[..., k], x.shape[k]) * strides[k]
    size = inner.numel()
    flat = (start.reshape(-1, 1) + torch.arange(size, device=x.device)).reshape(-1)
    if how == "none":
        return x.reshape(-1).scatter(0, flat, updates.reshape(-1)).reshape(x.shape)
    y = x.reshape(-1).scatter_reduce(0, flat, updates.reshape(-1), _REDUCTIONS[how])
    return y.reshape(x.shape)


def slice_of(call: Call, x: Tensor, starts: Tensor, ends: Tensor, given: Tensor | None = None,
             steps: Tensor | None = None) -> Tensor:
    """x[start:end:step] along each axis, as Python slices."""
    first, last = ints(starts) or [], ints(ends) or []
    dims = ints(given) or list(range(len(first)))
    strides = ints(steps) or [1] * len(first)
    for dim, *limits in zip(dims, first, last, strides, strict=True):
        begin, end, step = slice(*limits).indices(x.shape[dim])
        if step > 0:
            whole = [slice(None)] * (dim % x.ndim)
            x = x[(*whole, slice(begin, max(begin, end), step))]
        else:
            x = x.index_select(dim, torch.arange(begin, min(begin, end), step, device=x.device))
    return x


def one_hot(call: Call, indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    """values[1] at each index along a new axis, values[0] elsewhere."""
    count, axis = int(depth), call.get("axis", -1)
    classes = torch.arange(count, device=indices.device)
    wrapped = torch.where(indices < 0, indices + count, indices).to(torch.int64)
    hot = wrapped.unsqueeze(-1) == classes
    return torch.where(hot, values[1], values[0]).movedim(-1, axis)


def top_k(call: Call, x: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """The k largest or smallest along the axis and where they are; ties by lower index."""
    axis = call.get("axis", -1)
    values, indices = torch.sort(x, dim=axis, stable=True,
                                 descending=bool(call.get("largest", 1)))
    return values.narrow(axis, 0, int(k)), indices.narrow(axis, 0, int(k))


def trilu(call: Call, x: Tensor, k: Tensor | None = None) -> Tensor:
    """The upper or lower triangle of matrices, shifted by k."""
    shift = 0 if k is None else int(k)
    return torch.triu(x, shift) if call.get("upper", 1) else torch.tril(x, shift)


def non_zero(call: Call, x: Tensor) -> Tensor:
    """The indices of elements that are not zero, one column each."""
    return torch.nonzero(x).T


def _positive(indices: Tensor, size: int) -> Tensor:
    wide = indices.to(torch.int64)
    return torch.where(wide < 0, wide + size, wide)


_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}

PLUGIN = {
    "Gather": Handler(gather, trains=(0,)),
    "GatherElements": Handler(gather_elements, trains=(0,)),
    "GatherND": Handler(gather_nd, trains=(0,)),
    "ScatterElements": Handler(scatter_elements),
    "ScatterND": Handler(scatter_nd),
    "Slice": Handler(slice_of),
    "OneHot": Handler(one_hot),
    "TopK": Handler(top_k),
    "Trilu": Handler(trilu),
    "NonZero": Handler(non_zero),
}
