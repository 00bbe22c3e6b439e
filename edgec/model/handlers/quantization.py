"""QuantizeLinear and DequantizeLinear that pass gradients.

QuantizeLinear gives integers held in floats, so that gradients get through. Rounding has the
straight-through gradient 1 (Bengio et al., arXiv:1308.3432); the clamp's is 1 inside and 0 outside.
With them the pair has, by the chain rule, the gradient of LSQ with respect to the scale (Esser et
al., arXiv:1902.08153, equation 3): round(x/s) - x/s inside the range, its end outside.
"""

from __future__ import annotations

from typing import Any

import onnx_ir as ir
import torch
from torch import Tensor

from edgec.model.handler import Call, Handler
from edgec.model.tensors import integer_range


class _RoundStraightThrough(torch.autograd.Function):
    """Round half to even; the gradient passes unchanged."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return torch.round(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


def quantize_linear(call: Call, x: Tensor, scale: Tensor, zero_point: Tensor | None = None
                    ) -> Tensor:
    """clamp(round(x / scale) + zero_point), integers held in the type of x."""
    low, high = integer_range(_integer_type(call))
    s = _along_axis(call, scale, x)
    q: Tensor = _RoundStraightThrough.apply(x / s)  # type: ignore[no-untyped-call]
    if zero_point is not None:
        q = q + _along_axis(call, zero_point, x).to(q.dtype)
    return torch.clamp(q, low, high)


def quantize_weight(call: Call, w: Tensor, scale: Tensor) -> Tensor:
    """clamp(round(w / scale), -levels, levels): an op of training graphs, for weights of few bits.

    QuantizeLinear cannot say it: the ranges of its types are not symmetric.
    """
    q: Tensor = _RoundStraightThrough.apply(  # type: ignore[no-untyped-call]
        w / _along_axis(call, scale, w))
    return torch.clamp(q, -call.get("levels"), call.get("levels"))


def dequantize_linear(call: Call, x: Tensor, scale: Tensor, zero_point: Tensor | None = None
                      ) -> Tensor:
    """(x - zero_point) * scale."""
    s = _along_axis(call, scale, x)
    wide = x if x.is_floating_point() else x.to(torch.int64)
    if zero_point is not None:
        wide = wide - _along_axis(call, zero_point, x).to(wide.dtype)
    return wide.to(s.dtype) * s


def _along_axis(call: Call, parameter: Tensor, x: Tensor) -> Tensor:
    """A scale or zero point shaped to broadcast with x: per tensor, per axis or per block."""
    if parameter.numel() == 1 and parameter.ndim <= 1:
        return parameter.reshape(())
    axis = call.get("axis", 1) % x.ndim
    block = call.get("block_size", 0)
    if block:
        return parameter.repeat_interleave(block, axis).narrow(axis, 0, x.shape[axis])
    return parameter.reshape([-1 if d == axis else 1 for d in range(x.ndim)])


def _integer_type(call: Call) -> ir.DataType:
    if len(call.input_types) > 2 and call.input_types[2] is not None:
        return call.input_types[2]
    wanted = call.get("output_dtype", 0)
    return ir.DataType(wanted) if wanted else ir.DataType.UINT8


def _no_small_floats(call: Call) -> str:
    kind = _integer_type(call) if call.op.endswith("QuantizeLinear") and \
        not call.op.endswith("DequantizeLinear") else (call.input_types[0] or ir.DataType.INT8)
    return "" if kind.is_integer() else f"quantized type {kind.name}"


_QUANTIZE = Handler(quantize_linear, trains=(0,), refuses=_no_small_floats)
_DEQUANTIZE = Handler(dequantize_linear, refuses=_no_small_floats)

PLUGIN = {
    "QuantizeLinear": _QUANTIZE,
    "DequantizeLinear": _DEQUANTIZE,
    "edgec::QuantizeWeight": Handler(quantize_weight, trains=(0,)),
    "com.microsoft::QuantizeLinear": _QUANTIZE,
    "com.microsoft::DequantizeLinear": _DEQUANTIZE,
}
