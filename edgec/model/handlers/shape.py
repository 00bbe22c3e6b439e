"""Shapes: reading them, changing them, joining and splitting along them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from edgec.model.handler import Call, Handler, axes, ints


def shape_of(call: Call, x: Tensor) -> Tensor:
    """The dimensions from `start` to `end`."""
    dims = list(x.shape)[call.get("start", 0):call.get("end", x.ndim)]
    return torch.tensor(dims, dtype=torch.int64, device=x.device)


def size_of(call: Call, x: Tensor) -> Tensor:
    """The number of elements."""
    return torch.tensor(x.numel(), dtype=torch.int64, device=x.device)


def reshape(call: Call, x: Tensor, target: Tensor) -> Tensor:
    """The same elements in another shape.

    A file often fixes the batch in the target. When x holds k times as many elements as the graph
    says, it is k samples, and the first dimension, which carries the batch, grows k times.
    """
    static = call.output_shape
    if static and (count := math.prod(static)) and x.numel() != count and x.numel() % count == 0:
        return x.reshape(static[0] * (x.numel() // count), *static[1:])
    dims = ints(target) or []
    if not call.get("allowzero", 0):
        dims = [x.shape[i] if dim == 0 else dim for i, dim in enumerate(dims)]
    return x.reshape(dims)


def flatten(call: Call, x: Tensor) -> Tensor:
    """Two dimensions: those before the axis, and the rest."""
    axis = call.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


def squeeze(call: Call, x: Tensor, given: Tensor | None = None) -> Tensor:
    """Without the axes of size one that are named, or without any."""
    dims = axes(call, given)
    return x.squeeze() if dims is None else x.squeeze(tuple(dims))


def unsqueeze(call: Call, x: Tensor, given: Tensor | None = None) -> Tensor:
    """With axes of size one where named, counted in the result."""
    dims = axes(call, given) or []
    rank = x.ndim + len(dims)
    for dim in sorted(d % rank for d in dims):
        x = x.unsqueeze(dim)
    return x


def transpose(call: Call, x: Tensor) -> Tensor:
    """The axes in another order, reversed when none is given."""
    return x.permute(*call.get("perm", range(x.ndim)[::-1]))


def expand(call: Call, x: Tensor, target: Tensor) -> Tensor:
    """Broadcast together with a tensor of the target shape."""
    rank = max(x.ndim, target.numel())
    own = [1] * (rank - x.ndim) + list(x.shape)
    other = [1] * (rank - target.numel()) + (ints(target) or [])
    return x.expand([b if a == 1 else a for a, b in zip(own, other, strict=True)])


def concat(call: Call, *values: Tensor) -> Tensor:
    """The values after each other; constants for one sample are repeated for a larger batch."""
    axis = call.get("axis") % values[0].ndim
    batch = max(value.shape[0] for value in values)
    if axis != 0 and batch > 1:
        values = tuple(v.expand(batch, *v.shape[1:]) if v.shape[0] == 1 else v for v in values)
    return torch.cat(values, axis)


def split(call: Call, x: Tensor, given: Tensor | None = None) -> tuple[Tensor, ...]:
    """Pieces along the axis of the given sizes, else equal ones with a smaller last."""
    axis = call.get("axis", 0)
    sizes = ints(given) if given is not None else call.get("split")
    if sizes is None:
        piece = -(-x.shape[axis] // call.outputs)
        full, rest = divmod(x.shape[axis], piece)
        sizes = [piece] * full + [rest] * (call.outputs - full)
    return torch.split(x, list(sizes), axis)


def tile(call: Call, x: Tensor, repeats: Tensor) -> Tensor:
    """Repeated along each axis."""
    return x.repeat(*(ints(repeats) or []))


def depth_to_space(call: Call, x: Tensor) -> Tensor:
    """Channels moved into blocks of pixels, depth first (DCR) or column first (CRD)."""
    n, c, h, w = x.shape
    b = call.get("blocksize")
    if call.get("mode", "DCR") == "DCR":
        y = x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2)
    else:
        y = x.reshape(n, c // (b * b), b, b, h, w).permute(0, 1, 4, 2, 5, 3)
    return y.reshape(n, c // (b * b), h * b, w * b)


def space_to_depth(call: Call, x: Tensor) -> Tensor:
    """Blocks of pixels moved into channels, before (DCR) or after (CRD) those that exist."""
    n, c, h, w = x.shape
    b = call.get("blocksize")
    order = (0, 3, 5, 1, 2, 4) if call.get("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4)
    y = x.reshape(n, c, h // b, b, w // b, b).permute(order)
    return y.reshape(n, c * b * b, h // b, w // b)


def identity(call: Call, x: Tensor) -> Tensor:
    """x itself."""
    return x


def dropout(call: Call, x: Tensor, ratio: Tensor | None = None,
            mode: Tensor | None = None) -> tuple[Tensor, ...]:
    """x itself: a deployed model drops nothing, so neither does its fine-tuning."""
    if call.outputs == 1:
        return (x,)
    return x, torch.ones_like(x, dtype=torch.bool)


PLUGIN = {
    "Shape": Handler(shape_of),
    "Size": Handler(size_of),
    "Reshape": Handler(reshape),
    "Flatten": Handler(flatten),
    "Squeeze": Handler(squeeze),
    "Unsqueeze": Handler(unsqueeze),
    "Transpose": Handler(transpose),
    "Expand": Handler(expand),
    "Concat": Handler(concat),
    "Split": Handler(split),
    "Tile": Handler(tile),
    "DepthToSpace": Handler(depth_to_space),
    "SpaceToDepth": Handler(space_to_depth),
    "Identity": Handler(identity),
    "Dropout": Handler(dropout),
}
