"""QuantizeLinear and DequantizeLinear. uint8 becomes s8: values and zero point shift by 128.

A model input that is uint8 stays so, and a table makes it s8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import onnx_ir as ir

from edgec.lower.graph import Array, Quantization
from edgec.lower.onnx_import._call import Call, Importers, Unsupported, normal_axis
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.lut import REQUANTIZE, Lut, other_sign
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.sub import Sub

_NAMES: Mapping[ir.DataType | None, str] = MappingProxyType(
    {ir.DataType.INT8: "s8", ir.DataType.UINT8: "u8"})
_SHIFT: Mapping[str, int] = MappingProxyType({"s8": 0, "u8": 128, "s32": 0})


def _parameters(call: Call, dtype: str) -> Quantization:
    """Scale and zero point (inputs 1 and 2) of integers of type `dtype`, shifted to signed."""
    shift = _SHIFT[dtype]
    scale = call.constant(1, "the scale").astype(np.float32)
    if not np.all(np.isfinite(scale) & (scale > 0)):
        raise Unsupported("has a scale that is not a positive number")
    if scale.ndim > 1 or call.integer("block_size", 0):
        raise Unsupported("quantizes in blocks; a scale per tensor or per channel is supported")
    zero = np.zeros(scale.shape, np.int32)
    if call.has(2):
        zero = call.constant(2, "the zero point").astype(np.int32)
    if zero.size != scale.size:
        raise Unsupported(f"has {scale.size} scales but {zero.size} zero points")
    axis = None if scale.size == 1 else normal_axis(call.integer("axis", 1),
                                                    call.rank(call.input(0)))
    if axis is not None and call.shape(call.input(0))[axis] != scale.size:
        raise Unsupported(f"has {scale.size} scales for axis {axis} of shape "
                          f"{call.shape(call.input(0))}")
    return Quantization(scale.reshape(-1), zero.reshape(-1) - shift, axis)


def _quantize(call: Call) -> Sequence[str]:
    dtype = _stored_type(call)
    parameters = _parameters(call, dtype)
    if parameters.axis is not None:
        raise Unsupported("quantizes an activation per channel; it must be per tensor")
    return [call.emit(Quantize(), [call.input(0)], quantization=parameters)]


def _stored_type(call: Call) -> str:
    """The type that a QuantizeLinear writes: that of its zero point, else what was inferred."""
    zero = call.node.inputs[2] if len(call.node.inputs) > 2 else None
    declared = zero.dtype if zero is not None else call.node.outputs[0].dtype
    name = _NAMES.get(declared)
    if name is None:
        raise Unsupported(f"quantizes to {declared}; int8 and uint8 are supported")
    return name


def _dequantize(call: Call) -> Sequence[str]:
    tensor = call.editor.tensor(call.input(0))
    if tensor.dtype not in _SHIFT:
        raise Unsupported(f"reads {tensor.dtype}; int8, uint8 and int32 are supported")
    if tensor.data is not None:
        return [_dequantize_constant(call, tensor.data, tensor.dtype)]
    if call.editor.producer(tensor.name) is None:
        return [_dequantize_input(call, tensor.dtype)]
    # A QuantizeLinear in front: its tensor is s8 already and may hold shifted uint8.
    shifted = _parameters(call, _source_type(call))
    if not shifted.same_as(tensor.quantization):
        raise Unsupported("has other parameters than the QuantizeLinear in front of it")
    return [call.emit(Dequantize(), [tensor.name])]


def _source_type(call: Call) -> str:
    """The ONNX type of a quantized activation; the tensor here is s8 either way."""
    zero = call.node.inputs[2] if len(call.node.inputs) > 2 else None
    source = call.node.inputs[0]
    declared = zero.dtype if zero is not None else source.dtype if source is not None else None
    return _NAMES.get(declared, "s8")


def _dequantize_constant(call: Call, data: Array, dtype: str) -> str:
    parameters = _parameters(call, dtype)
    if dtype == "u8":
        data = (data.astype(np.int32) - 128).astype(np.int8)
    return call.emit(Dequantize(), [call.add_constant("stored", data, parameters)])


def _dequantize_input(call: Call, dtype: str) -> str:
    """A graph input; with two different scales it is scaled in float32, then quantized again."""
    parameters = _parameters(call, dtype)
    if parameters.axis is not None or dtype == "s32":
        raise Unsupported("dequantizes a graph input that is not int8 or uint8 per tensor")
    known = call.editor.tensor(call.input(0)).quantization
    given = parameters.moved(_SHIFT[dtype])
    if known is None or known.same_as(given):
        call.editor.retype(call.input(0), quantization=given)
        return call.emit(Dequantize(), [_as_s8(call, dtype, parameters)])
    real = call.emit(Cast("f32"), [call.input(0)], "cast")
    zero = np.float32(parameters.zero_point[0] + _SHIFT[dtype])
    real = call.emit(Sub(), [real, call.add_constant("zero", zero)], "shift")
    real = call.emit(Mul(), [real, call.add_constant("scale", parameters.scale[0])], "scale")
    stored = call.emit(Quantize(), [real], "quantize", quantization=parameters)
    return call.emit(Dequantize(), [stored])


def _as_s8(call: Call, dtype: str, parameters: Quantization) -> str:
    if dtype == "s8":
        return call.input(0)
    table = call.add_constant("table", other_sign("s8"))
    return call.emit(Lut(REQUANTIZE), [call.input(0), table], "s8", quantization=parameters)


PLUGIN: Importers = {"QuantizeLinear": _quantize, "DequantizeLinear": _dequantize}
