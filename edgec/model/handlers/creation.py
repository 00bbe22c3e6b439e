"""Tensors made from shapes and limits, and conversion between element types."""

from __future__ import annotations

import math

import onnx_ir as ir
import torch
from torch import Tensor

from edgec.model.handler import Call, Handler, ints
from edgec.model.tensors import TORCH_TYPES, to_torch, torch_type


def constant_of_shape(call: Call, shape: Tensor) -> Tensor:
    """A tensor full of one value, 0 when none is given."""
    value = call.get("value")
    fill = torch.zeros(1) if value is None else to_torch(value)
    return fill.to(shape.device).reshape(()).expand(ints(shape) or []).clone()


def arange(call: Call, start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    """start, start + delta, ... before limit."""
    count = max(math.ceil((limit.item() - start.item()) / delta.item()), 0)
    steps = torch.arange(count, dtype=start.dtype, device=start.device)
    return start.reshape(()) + steps * delta.reshape(())


def eye_like(call: Call, x: Tensor) -> Tensor:
    """A matrix of the shape of x with ones on the k-th diagonal."""
    wanted = call.get("dtype")
    dtype = x.dtype if wanted is None else torch_type(ir.DataType(wanted))
    ones = torch.ones(x.shape, dtype=dtype, device=x.device)
    k = call.get("k", 0)
    return torch.triu(torch.tril(ones, k), k)


def cast(call: Call, x: Tensor) -> Tensor:
    """x in another element type; floats become integers by cutting off the fraction."""
    return x.to(torch_type(ir.DataType(call.get("to"))))


def cast_like(call: Call, x: Tensor, like: Tensor) -> Tensor:
    """x in the element type of another tensor."""
    return x.to(like.dtype)


def _whole_bytes(call: Call) -> str:
    wanted = call.get("to")
    used = [*call.input_types, None if wanted is None else ir.DataType(wanted)]
    small = [t.name for t in used if t is not None and (t.bitwidth < 8 or t not in TORCH_TYPES)]
    return f"element type {small[0]}" if small else ""


PLUGIN = {
    "ConstantOfShape": Handler(constant_of_shape),
    "Range": Handler(arange),
    "EyeLike": Handler(eye_like),
    "Cast": Handler(cast, refuses=_whole_bytes),
    "CastLike": Handler(cast_like, refuses=_whole_bytes),
}
