"""Pooling over images of one or two dimensions, by windows or over the whole image."""

from __future__ import annotations

from collections.abc import Sequence

from edgec.lower.onnx_import._call import Call, Importers, Unsupported
from edgec.lower.onnx_import._image import from_nhwc, padding, pair, to_nhwc
from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.mean import Mean

Pair = tuple[int, int]
Pad = tuple[int, int, int, int]


def _window(call: Call, size: Pair) -> tuple[Pair, Pair, Pad]:
    """Kernel, stride and padding; ceil_mode becomes padding at the end."""
    kernel = pair(call.ints("kernel_shape"), 1)
    spatial = len(call.ints("kernel_shape"))
    if any(d != 1 for d in call.ints("dilations", (1,))):
        raise Unsupported("has dilations; pooling windows must be dense")
    stride = pair(call.ints("strides", (1,) * spatial), 1)
    top, left, bottom, right = padding(call, size, kernel, stride)
    if call.integer("ceil_mode", 0):
        bottom += _extra(size[0], (top, bottom), kernel[0], stride[0])
        right += _extra(size[1], (left, right), kernel[1], stride[1])
    return kernel, stride, (top, left, bottom, right)


def _extra(size: int, pad: Pair, kernel: int, stride: int) -> int:
    """Padding at the end that adds the last, partial window of ceil_mode.

    A window that would start in the padding at the end is left out, as ONNX says.
    """
    total = size + sum(pad) - kernel
    outputs = -(-total // stride) + 1
    if (outputs - 1) * stride >= size + pad[0]:
        outputs -= 1
    return max((outputs - 1) * stride - total, 0)


def _size(call: Call, image: str) -> Pair:
    _, height, width, _ = call.shape(image)
    return height, width


def _max_pool(call: Call) -> Sequence[str]:
    call.only_output()
    image = to_nhwc(call, call.input(0))
    kernel, stride, pad = _window(call, _size(call, image))
    y = call.emit(MaxPool2d(kernel, stride, pad), [image])
    return [from_nhwc(call, y, call.rank(call.input(0)))]


def _average_pool(call: Call) -> Sequence[str]:
    image = to_nhwc(call, call.input(0))
    size = _size(call, image)
    kernel, stride, pad = _window(call, size)
    count_pad = bool(call.integer("count_include_pad", 0))
    if count_pad and call.integer("ceil_mode", 0) and pad != padding(call, size, kernel, stride):
        raise Unsupported("counts its padding in a partial window (ceil_mode)")
    whole = kernel == size and not any(pad)
    y = call.emit(Mean((1, 2)) if whole else AveragePool2d(kernel, stride, pad, count_pad), [image])
    return [from_nhwc(call, y, call.rank(call.input(0)))]


def _global_average_pool(call: Call) -> Sequence[str]:
    image = to_nhwc(call, call.input(0))
    y = call.emit(Mean((1, 2), keepdims=True), [image])
    return [from_nhwc(call, y, call.rank(call.input(0)))]


def _global_max_pool(call: Call) -> Sequence[str]:
    image = to_nhwc(call, call.input(0))
    y = call.emit(MaxPool2d(_size(call, image), (1, 1)), [image])
    return [from_nhwc(call, y, call.rank(call.input(0)))]


PLUGIN: Importers = {
    "MaxPool": _max_pool, "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average_pool, "GlobalMaxPool": _global_max_pool,
}
