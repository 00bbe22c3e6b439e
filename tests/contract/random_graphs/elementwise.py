"""Sums, products, tables, conversions; rows."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np

from edgec.lower.graph import Tensor
from edgec.lower.ops._rules import scale_of
from edgec.lower.ops.add import Add
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.lut import REQUANTIZE, Lut, table
from edgec.lower.ops.mean import Mean
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.sub import Sub
from tests.contract.random_graphs._writer import Writer

KINDS = (REQUANTIZE, "sigmoid", "tanh", "relu", "neg")


def _second(writer: Writer, x: Tensor) -> Tensor:
    """Something that broadcasts with x: of the same shape, or a constant with axes of size 1."""
    if writer.of((True, False)):
        return writer.like(x)
    shape = tuple(n if writer.of((True, False)) else 1 for n in x.shape)
    shape = shape[writer.integer(0, len(shape)):]
    q = writer.quantization(near=scale_of(x))
    return writer.editor.tensor(writer.constant(writer.filled(shape), q))


def _two(writer: Writer, attributes: type, product: bool = False) -> None:
    x = writer.pick()
    y = _second(writer, x)
    scale = scale_of(x) * scale_of(y) * 60 if product else max(scale_of(x), scale_of(y))
    output = writer.quantization(near=scale)
    names = writer.draw_order([x.name, y.name])
    writer.add(attributes(writer.clamp(float(output.scale[0]))), names, output)


def lut(writer: Writer) -> None:
    """A function, or other parameters."""
    x, attributes = writer.pick(), Lut(writer.of(KINDS))
    output = writer.quantization(near=scale_of(x))
    assert x.quantization is not None
    values = table(attributes, x.quantization, output)
    writer.add(attributes, [x.name, writer.constant(values)], output)


def conversion(writer: Writer) -> None:
    """To float32 and back: both are exact."""
    x = writer.pick()
    real = writer.add(Dequantize(), [x.name])
    if real is not None:
        writer.add(Quantize(), [real.name], writer.quantization(near=scale_of(x)))


def mean(writer: Writer) -> None:
    """Over any axes that lie together in memory, or not."""
    x = writer.pick()
    axes = tuple(i for i in range(len(x.shape)) if writer.of((False, True)))
    attributes = Mean(axes or (len(x.shape) - 1,), writer.of((True, False)))
    if x.shape:
        writer.add(attributes, [x.name], writer.quantization(near=scale_of(x)))


def softmax(writer: Writer) -> None:
    """With the usual output parameters, or others."""
    x = writer.pick()
    q = writer.quantization(near=1 / 256)
    writer.add(Softmax(), [x.name], q)


def layer_norm(writer: Writer) -> None:
    """gamma and beta of either sign."""
    x, random = writer.pick(), writer.random()
    if not x.shape:
        return
    gamma, beta = (writer.constant(random.uniform(-2, 2, x.shape[-1]).astype(np.float32))
                   for _ in range(2))
    writer.add(LayerNorm(writer.of((1e-5, 0.0, 1e-12, 10.0))), [x.name, gamma, beta],
               writer.quantization(near=math.sqrt(2) / 60))


PLUGIN = MappingProxyType({
    "add": lambda writer: _two(writer, Add), "sub": lambda writer: _two(writer, Sub),
    "mul": lambda writer: _two(writer, Mul, product=True), "lut": lut, "quantize": conversion,
    "dequantize": conversion, "mean": mean, "softmax": softmax, "layer_norm": layer_norm})
