"""ONNX tensors and element types in torch, and back."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import torch

from edgec.errors import ModelError

TORCH_TYPES = {
    ir.DataType.FLOAT: torch.float32, ir.DataType.DOUBLE: torch.float64,
    ir.DataType.FLOAT16: torch.float16, ir.DataType.BFLOAT16: torch.bfloat16,
    ir.DataType.BOOL: torch.bool,
    ir.DataType.INT8: torch.int8, ir.DataType.INT16: torch.int16,
    ir.DataType.INT32: torch.int32, ir.DataType.INT64: torch.int64,
    ir.DataType.UINT8: torch.uint8, ir.DataType.UINT16: torch.uint16,
    ir.DataType.UINT32: torch.uint32, ir.DataType.UINT64: torch.uint64,
    # torch has no smaller integers: these are held one per byte
    ir.DataType.INT4: torch.int8, ir.DataType.UINT4: torch.uint8,
    ir.DataType.INT2: torch.int8, ir.DataType.UINT2: torch.uint8,
}

_BYTE_HELD = frozenset({ir.DataType.INT4, ir.DataType.UINT4, ir.DataType.INT2, ir.DataType.UINT2})


def torch_type(dtype: ir.DataType) -> torch.dtype:
    """The torch element type that holds `dtype`; ModelError when there is none."""
    if dtype not in TORCH_TYPES:
        raise ModelError(f"tensors of type {dtype.name} cannot run in torch; it has: "
                         f"{', '.join(known.name for known in TORCH_TYPES)}.")
    return TORCH_TYPES[dtype]


def to_torch(tensor: ir.TensorProtocol) -> torch.Tensor:
    """A copy of an ONNX tensor."""
    array = tensor.numpy()
    kind = torch_type(tensor.dtype)
    if tensor.dtype == ir.DataType.BFLOAT16:
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    if tensor.dtype in _BYTE_HELD:
        array = array.astype(np.int8 if kind == torch.int8 else np.uint8)
    return torch.from_numpy(np.array(array, order="C"))


def from_torch(tensor: torch.Tensor, dtype: ir.DataType, name: str) -> ir.TensorProtocol:
    """A copy of a torch tensor as an ONNX tensor of type `dtype`."""
    values = tensor.detach().cpu()
    if dtype == ir.DataType.BFLOAT16:
        array = values.view(torch.int16).numpy().copy().view(dtype.numpy())
    else:
        array = values.numpy().astype(dtype.numpy())
    return ir.Tensor(array, dtype=dtype, name=name)


def integer_range(dtype: ir.DataType) -> tuple[int, int]:
    """The smallest and largest value of an integer type; ModelError for other types."""
    if not dtype.is_integer():
        raise ModelError(f"{dtype.name} is not an integer type.")
    bits = dtype.bitwidth
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if dtype.is_signed() else (0, 2**bits - 1)
