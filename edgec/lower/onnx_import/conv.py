"""Conv in one or two dimensions: conv2d, or depthwise_conv2d when each channel is its own group."""

from __future__ import annotations

from collections.abc import Sequence

from edgec.lower.constants import Stored, stored_constant
from edgec.lower.onnx_import._call import Call, Importers, Unsupported
from edgec.lower.onnx_import._image import from_nhwc, padding, pair, to_nhwc
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.dequantize import Dequantize


def weight_constant(call: Call, index: int) -> Stored:
    """The constant weights behind input `index`, with zero point 0 where that is exact."""
    stored = stored_constant(call.editor, call.input(index))
    if stored is None:
        raise Unsupported("its weights are not constant")
    return stored.symmetric()


def add_weights(call: Call, stored: Stored) -> str:
    """A float32 tensor with these weights: the constant itself, or dequantize of it."""
    constant = call.add_constant("weight", stored.data, stored.quantization)
    if stored.quantization is None:
        return constant
    return call.emit(Dequantize(), [constant], "dequantize_weight")


def _conv(call: Call) -> Sequence[str]:
    x, rank = call.input(0), call.rank(call.input(0))
    stored = weight_constant(call, 1)
    if stored.data.ndim != rank or rank not in (3, 4):
        raise Unsupported(f"has an input of rank {rank} and weights of rank {stored.data.ndim}")
    if rank == 3:
        stored = _with_height(stored)
    groups, channels = call.integer("group", 1), call.shape(x)[1]
    outputs, per_group, kh, kw = stored.data.shape
    stride = pair(call.ints("strides", (1,) * (rank - 2)), 1)
    dilation = pair(call.ints("dilations", (1,) * (rank - 2)), 1)
    image = to_nhwc(call, x)
    spans = ((kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1)
    size = call.shape(image)[1:3]
    pad = padding(call, (size[0], size[1]), spans, stride)
    bias = call.input(2) if call.has(2) else ""
    if groups == channels == outputs and per_group == 1 and channels > 1:
        weights = add_weights(call, _depthwise(stored))
        y = call.emit(DepthwiseConv2d(stride, dilation, pad), [image, weights, bias])
    else:
        weights = add_weights(call, stored.transposed((0, 2, 3, 1)))
        y = call.emit(Conv2d(stride, dilation, pad, groups), [image, weights, bias])
    return [from_nhwc(call, y, rank)]


def _with_height(stored: Stored) -> Stored:
    """[o, c, k] as [o, c, 1, k]; the quantized axis of weights is 0."""
    if stored.quantization is not None and stored.quantization.axis not in (None, 0):
        raise Unsupported("its weights are not quantized along the output channel")
    return Stored(stored.data[:, :, None, :], stored.quantization)


def _depthwise(stored: Stored) -> Stored:
    """[c, 1, kh, kw] as [kh, kw, c]."""
    moved = stored.transposed((1, 2, 3, 0))
    quantization = moved.quantization
    if quantization is not None and quantization.axis is not None:
        if quantization.axis != 3:
            raise Unsupported("its weights are not quantized along the output channel")
        quantization = type(quantization)(quantization.scale, quantization.zero_point, 2)
    return Stored(moved.data[0], quantization)


PLUGIN: Importers = {"Conv": _conv}
