"""Ops that move or pick elements; pools and resizing."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.graph import Tensor
from edgec.lower.ops._rules import scale_of
from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.resize import COORDINATES, ROUNDINGS, Resize
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.transpose import Transpose
from tests.contract.random_graphs._writer import SIZES, Writer


def _pool(writer: Writer) -> tuple[Tensor, tuple[Any, Any, Any]]:
    """An image; kernel, stride and a pad below the kernel."""
    kernel = (writer.integer(1, 4), writer.integer(1, 4))
    stride = writer.of(((1, 1), (2, 2), (writer.integer(1, 3), writer.integer(1, 3))))
    pad = tuple(writer.integer(0, k - 1) for k in (*kernel, *kernel))
    return writer.pick(4), (kernel, stride, pad)


def max_pool2d(writer: Writer) -> None:
    """Any window."""
    x, window = _pool(writer)
    writer.add(MaxPool2d(*window), [x.name])


def average_pool2d(writer: Writer) -> None:
    """Any window, both ways of counting."""
    x, window = _pool(writer)
    writer.add(AveragePool2d(*window, writer.of((False, True))), [x.name],
               writer.quantization(near=scale_of(x)))


def resize(writer: Writer) -> None:
    """Up and down."""
    x, size = writer.pick(4), (writer.of(SIZES), writer.of(SIZES))
    mode, coordinates = writer.of(("nearest", "linear")), writer.of(COORDINATES)
    writer.add(Resize(size, mode, coordinates, writer.of(ROUNDINGS)), [x.name], x.quantization)


def reshape(writer: Writer) -> None:
    """Two axes joined, or one of size 1 put in."""
    x = writer.pick()
    shape = list(x.shape)
    at = writer.integer(0, max(len(shape) - 2, 0))
    if len(shape) > 1 and writer.of((True, False)):
        shape[at:at + 2] = [shape[at] * shape[at + 1]]
    else:
        shape.insert(at, 1)
    writer.add(Reshape(tuple(shape)), [x.name])


def transpose(writer: Writer) -> None:
    """Any order."""
    x = writer.pick()
    order = sorted(range(len(x.shape)), key=lambda _: writer.integer(0, 9))
    writer.add(Transpose(tuple(order)), [x.name])


def concat(writer: Writer) -> None:
    """Of two or three, some of them constant, along any axis."""
    x = writer.pick()
    if not x.shape:
        return
    axis, names = writer.integer(0, len(x.shape) - 1), [x.name]
    for _ in range(writer.integer(1, 2)):
        if writer.of((True, False)):
            names.append(writer.like(x, same_quantization=True).name)
        else:
            shape = tuple(writer.integer(1, 5) if i == axis else n for i, n in enumerate(x.shape))
            names.append(writer.constant(writer.filled(shape), x.quantization))
    writer.add(Concat(axis), writer.draw_order(names))


def slice_(writer: Writer) -> None:
    """A box with steps, on a few axes."""
    x = writer.pick()
    box = [_range(writer, n) if writer.of((False, True)) else (0, 1, n) for n in x.shape]
    start, step, length = zip(*box, strict=True) if box else ((), (), ())
    writer.add(Slice(start, step, length), [x.name])


def _range(writer: Writer, size: int) -> tuple[int, int, int]:
    """Start, step, length."""
    start, step = writer.integer(0, size - 1), writer.of((1, 1, 2, -1))
    most = math.ceil((size - start) / step) if step > 0 else start + 1
    return start, step, writer.integer(1, most)


def pad(writer: Writer) -> None:
    """With any value, before and after."""
    x = writer.pick()
    before, after = (tuple(writer.of((0, 0, 1, 3)) for _ in x.shape) for _ in range(2))
    value = writer.of((0.0, 5.0, -1000.0)) * scale_of(x)
    writer.add(Pad(before, after, value), [x.name])


def gather(writer: Writer) -> None:
    """By constant indices, of which some count from the end."""
    x = writer.pick()
    if not x.shape:
        return
    axis = writer.integer(0, len(x.shape) - 1)
    indices = [writer.integer(-x.shape[axis], x.shape[axis] - 1) for _ in range(3)]
    writer.add(Gather(axis), [x.name, writer.constant(np.asarray(indices, np.int32))])


PLUGIN = MappingProxyType({
    "max_pool2d": max_pool2d, "average_pool2d": average_pool2d, "resize": resize,
    "reshape": reshape, "transpose": transpose, "concat": concat, "slice": slice_, "pad": pad,
    "gather": gather})
