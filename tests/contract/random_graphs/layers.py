"""Layers with weights, and products of activations."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from edgec.lower.graph import Quantization, Tensor
from edgec.lower.ops._rules import scale_of
from edgec.lower.ops.add import Add
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.resize import Resize
from edgec.lower.ops.transpose import Transpose
from tests.contract.random_graphs._writer import CHANNELS, Writer

MOST_MACS = 10_000_000
WIDE_CHANNELS, WIDE_SIZES = (32, 64, 40, 61), (12, 8, 15, 16)
SQUARES = ((1, 1), (3, 3), (3, 3), (5, 5), (2, 2))


def _kernel(writer: Writer) -> tuple[int, int]:
    return writer.of((*SQUARES, (writer.integer(1, 7), writer.integer(1, 7))))


def _step_sizes(writer: Writer) -> tuple[tuple[int, int], tuple[int, int]]:
    """Stride and dilation."""
    return writer.of((((1, 1), (1, 1)), ((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 2)),
                      tuple((writer.integer(1, 3), writer.integer(1, 3)) for _ in range(2))))


def _pad(writer: Writer, kernel: tuple[int, int]) -> tuple[int, int, int, int]:
    top, left = kernel[0] // 2, kernel[1] // 2
    return writer.of(((top, left, top, left), (0, 0, 0, 0), (0, 0, top, left),
                      tuple(writer.integer(0, 2 * k) for k in (*kernel, *kernel))))


def _operands(writer: Writer, x: Tensor, shape: tuple[int, ...], axis: int) -> list[str]:
    """x, weights of that shape and mostly a bias; `axis` is the output channel."""
    channels, random = shape[axis], writer.random()
    per_channel = writer.of((True, True, False))
    scales = random.uniform(0.2, 1, channels if per_channel else 1) * writer.of((0.01, 1, 1e-4))
    weights = Quantization(scales, np.zeros(scales.size), axis if per_channel else None)
    names = [x.name, writer.constant(writer.filled(shape, low=-127), weights)]
    if writer.of((True, False)):
        limit = writer.of((3000, 10**6))
        scale = np.broadcast_to(np.float32(scale_of(x)) * weights.scale, (channels,))
        names.append(writer.constant(random.integers(-limit, limit, channels).astype(np.int32),
                                     Quantization(scale, np.zeros(channels), 0)))
    return names


def _output(writer: Writer, names: list[str], depth: int) -> Quantization:
    """Of about the size of a sum of `depth` products."""
    x, w = (writer.editor.tensor(name) for name in names[:2])
    assert w.quantization is not None
    product = scale_of(x) * float(np.mean(w.quantization.scale))
    return writer.quantization(near=product * math.sqrt(depth) * 60)


def _convolve(writer: Writer, x: Tensor, attributes: Conv2d, kernel: tuple[int, int],
              channels: int) -> Tensor | None:
    """A node with these attributes and any clamp."""
    depth = math.prod(kernel) * x.shape[3] // attributes.groups
    if math.prod(x.shape[:3]) * channels * depth > MOST_MACS:
        return None
    names = _operands(writer, x, (channels, *kernel, x.shape[3] // attributes.groups), 0)
    output = _output(writer, names, depth)
    clamp = writer.clamp(float(output.scale[0]))
    return writer.add(replace(attributes, clamp=clamp), names, output)


def conv2d(writer: Writer) -> Tensor | None:
    """Every window; groups; odd channels."""
    x, kernel = writer.pick(4), _kernel(writer)
    stride, dilation = _step_sizes(writer)
    groups = writer.of([1, 1, *(g for g in (2, 3, 4, x.shape[3]) if x.shape[3] % g == 0)])
    channels = writer.of(CHANNELS) if groups == 1 else groups * writer.integer(1, 20)
    attributes = Conv2d(stride, dilation, _pad(writer, kernel), groups)
    return _convolve(writer, x, attributes, kernel, channels)


def wide_conv2d(writer: Writer) -> None:
    """Large enough for Winograd: an image made larger and wider first; perhaps with a residual."""
    x: Tensor | None = writer.pick(4)
    assert x is not None
    x = writer.add(Resize((writer.of(WIDE_SIZES), writer.of(WIDE_SIZES))), [x.name], x.quantization)
    if x is not None:
        x = _convolve(writer, x, Conv2d(), (1, 1), writer.of(WIDE_CHANNELS))
    if x is not None:
        pad = _pad(writer, (3, 3))
        y = _convolve(writer, x, Conv2d(pad=pad), (3, 3), writer.of(WIDE_CHANNELS))
        if writer.of((False, True)):
            _plus(writer, y)


def depthwise_conv2d(writer: Writer) -> Tensor | None:
    """Every window."""
    x, kernel = writer.pick(4), _kernel(writer)
    (stride, dilation), pad = _step_sizes(writer), _pad(writer, kernel)
    names = _operands(writer, x, (*kernel, x.shape[3]), 2)
    output = _output(writer, names, math.prod(kernel))
    attributes = DepthwiseConv2d(stride, dilation, pad, writer.clamp(float(output.scale[0])))
    return writer.add(attributes, names, output)


def fully_connected(writer: Writer) -> Tensor | None:
    """Any number of rows."""
    x, channels = writer.pick(writer.of((None, 1, 2))), writer.of(CHANNELS)
    if not x.shape or x.size * channels > MOST_MACS:
        return None
    names = _operands(writer, x, (channels, x.shape[-1]), 0)
    output = _output(writer, names, x.shape[-1])
    return writer.add(FullyConnected(writer.clamp(float(output.scale[0]))), names, output)


def _plus(writer: Writer, y: Tensor | None) -> None:
    """y + a tensor of its shape, with another's values where there is none."""
    if y is None:
        return
    residual = writer.like(y)
    if residual is y:
        names = [y.name, writer.constant(writer.filled(y.shape), y.quantization)]
    else:
        names = writer.draw_order([y.name, residual.name])
    output = writer.quantization(near=scale_of(y))
    writer.add(Add(writer.clamp(float(output.scale[0]))), names, output)


def batch_matmul(writer: Writer) -> None:
    """A tensor with itself or another of its shape, transposed or not."""
    a = writer.pick()
    if len(a.shape) < 2:
        a = writer.pick(2)
    b: Tensor | None = writer.like(a)
    transposed = writer.of((True, False))
    if not transposed and b is not None:
        order = (*range(len(b.shape) - 2), len(b.shape) - 1, len(b.shape) - 2)
        b = writer.add(Transpose(order), [b.name])
    if b is None or a.size * a.shape[-2] > MOST_MACS:
        return
    scale = scale_of(a) * scale_of(b) * math.sqrt(a.shape[-1]) * 60
    writer.add(BatchMatmul(transposed), [a.name, b.name], writer.quantization(near=scale))


PLUGIN = MappingProxyType({
    "conv2d": conv2d, "conv2d.wide": wide_conv2d, "depthwise_conv2d": depthwise_conv2d,
    "fully_connected": fully_connected, "batch_matmul": batch_matmul,
    # Fused by the backend's pass:
    "conv2d_add": lambda writer: _plus(writer, conv2d(writer)),
    "fully_connected_add": lambda writer: _plus(writer, fully_connected(writer))})
