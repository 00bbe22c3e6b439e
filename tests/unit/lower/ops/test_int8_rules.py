"""Each int8 rule refuses what it names, with the value found and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgec.errors import DataError, LoweringError
from edgec.lower import catalog
from edgec.lower.graph import DTYPES, Quantization, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.div import Div
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.lut import Lut
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.mean import Mean
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reduce_sum import ReduceSum
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.resize import Resize
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary


def q(scale: float = 0.1, zero: int = 0) -> Quantization:
    return Quantization(np.float32(scale), np.int32(zero))


def s8(name: str, *shape: int, scale: float = 0.1, zero: int = 0) -> Tensor:
    return Tensor(name, shape, "s8", q(scale, zero))


def weights(*shape: int, value: int = 1, zero: int = 0, scale: float = 0.01, axis: int | None = 0
            ) -> Tensor:
    size = 1 if axis is None else shape[axis]
    quantization = Quantization(np.full(size, scale), np.full(size, zero), axis)
    return Tensor("w", shape, "s8", quantization, np.full(shape, value, np.int8))


def bias(size: int, value: int = 0, scale: float = 0.001, zero: int = 0) -> Tensor:
    return Tensor("b", (size,), "s32", Quantization(np.full(size, scale), np.full(size, zero), 0),
                  np.full(size, value, np.int32))


def plain(name: str, dtype: str, *shape: int, constant: bool = False) -> Tensor:
    return Tensor(name, shape, dtype, None, np.zeros(shape, DTYPES[dtype]) if constant else None)


def broken(attributes: Any, inputs: list[Tensor | None], output: Tensor) -> list[str]:
    return list(catalog.ops()[catalog.op_name(attributes)].broken_rules(
        attributes, inputs, [output]))


X, Y = s8("x", 2, 8), s8("y", 2, 4, scale=0.2)
IMAGE, IMAGE_OUT = s8("x", 1, 4, 4, 3), s8("y", 1, 4, 4, 3, scale=0.2)

BROKEN: tuple[tuple[str, Any, list[Tensor | None], Tensor, str], ...] = (
    ("weights of -128", FullyConnected(), [X, weights(4, 8, value=-128), None], Y,
     "'w' hold -128; they must be in [-127, 127]"),
    ("asymmetric weights", FullyConnected(), [X, weights(4, 8, zero=3), None], Y,
     "zero point 0 (symmetric"),
    ("weights of the wrong axis", FullyConnected(), [X, weights(4, 8, axis=1), None], Y,
     "along axis 1; it must be the output channel, axis 0"),
    ("weights of another axis in a depthwise convolution", DepthwiseConv2d(),
     [IMAGE, weights(1, 1, 3, axis=0), None], IMAGE_OUT, "it must be the output channel, axis 2"),
    ("weights that are computed", FullyConnected(), [X, s8("w", 4, 8), None], Y,
     "the weights 'w' must be constant"),
    ("float weights", FullyConnected(), [X, plain("w", "f32", 4, 8, constant=True), None], Y,
     "must be quantized s8, not f32"),
    ("a float bias", FullyConnected(),
     [X, weights(4, 8), plain("b", "f32", 4, constant=True)], Y,
     "'b' must be constant s32, not f32"),
    ("a bias of another scale", FullyConnected(), [X, weights(4, 8), bias(4, scale=0.002)], Y,
     "scale input scale · weight scale"),
    ("a bias beyond int32", FullyConnected(), [X, weights(4, 8), bias(4, 2**31 - 1)], Y,
     "does not fit int32"),
    ("an input that is too deep", FullyConnected(),
     [s8("x", 1, 40000), weights(4, 40000, value=127), None], s8("y", 1, 4, scale=0.2),
     "does not fit int32"),
    ("a multiplier of 256", FullyConnected(), [s8("x", 2, 8, scale=256.0),
     weights(4, 8, scale=1.0), None], s8("y", 2, 4, scale=1.0), "256 (input scale"),
    ("a multiplier below 2^-32", Conv2d(), [s8("x", 1, 1, 1, 8, scale=1e-9),
     weights(4, 1, 1, 8, scale=1e-3), None], s8("y", 1, 1, 1, 4, scale=1.0), "in [2^-32, 256)"),
    ("a float input", Conv2d(), [plain("x", "f32", 1, 1, 1, 8), weights(4, 1, 1, 8), None],
     s8("y", 1, 1, 1, 4), "'x' is f32; an int8 op needs s8"),
    ("an output without scale", Softmax(), [X], plain("y", "s8", 2, 8),
     "'y' has no scale and zero point"),
    ("one scale per channel", Softmax(), [X],
     Tensor("y", (2, 8), "s8", Quantization(np.full(2, 0.1), np.zeros(2), 0)), "a single scale"),
    ("a zero point out of range", Softmax(), [X], s8("y", 2, 8, zero=200),
     "zero point 200; it must be in [-128, 127]"),
    ("a sum of unlike scales", Add(), [s8("a", 4, scale=30.0), s8("b", 4)], s8("y", 4),
     "'a' is 300 times the output's; it must be in [2^-10, 2^8)"),
    ("a sum with a tiny scale", Add(), [s8("a", 4), s8("b", 4, scale=1e-5)], s8("y", 4),
     "'b' is 0.0001 times"),
    ("a product of large scales", Mul(), [s8("a", 4, scale=100.0), s8("b", 4, scale=10.0)],
     s8("y", 4, scale=0.1), "in [2^-32, 256)"),
    ("a deep matrix product", BatchMatmul(), [s8("a", 1, 33026), s8("b", 33026, 1)],
     s8("y", 1, 1, scale=9.0), "the depth 33026 must be at most 33025"),
    ("a quotient", Div(), [s8("a", 4), s8("b", 4)], s8("y", 4), "div has no int8 form"),
    ("a function", Unary("tanh"), [s8("a", 4)], s8("y", 4), "tanh has no int8 form"),
    ("a sum over an axis", ReduceSum((0,)), [s8("a", 4)], s8("y", 1), "ReduceSum has no int8 form"),
    ("a pool that changes scale", MaxPool2d((2, 2)), [IMAGE], s8("y", 1, 3, 3, 3, scale=0.2),
     "'x' and 'y' must have the same scale and zero point"),
    ("a concat of unlike scales", Concat(0), [s8("a", 1), s8("b", 1, scale=0.3)], s8("y", 2),
     "'b' and 'y' must have the same scale"),
    ("a bilinear resize that changes scale", Resize((2, 2), "linear"), [IMAGE],
     s8("y", 1, 2, 2, 3, zero=1), "must have the same scale"),
    ("an average over too many", Mean((0,)), [s8("x", 2**22 + 1)], s8("y", 1),
     "has room for 4194304"),
    ("an average window over too many", AveragePool2d((3000, 3000)), [s8("x", 1, 3000, 3000, 1)],
     s8("y", 1, 1, 1, 1), "adds up 9000000 values"),
    ("a computed gamma", LayerNorm(), [X, plain("gamma", "f32", 8), plain("beta", "f32", 8,
     constant=True)], s8("y", 2, 8), "'gamma' must be constant float32"),
    ("a long row", LayerNorm(), [s8("x", 2**23), plain("gamma", "f32", 2**23, constant=True),
     plain("beta", "f32", 2**23, constant=True)], s8("y", 2**23), "adds up 8388608 values"),
    ("a tiny scale", Softmax(), [s8("x", 4, scale=1e-30)], s8("y", 4),
     "has scale 1e-30; it must be in [2^-60, 2^60]"),
    ("a short table", Lut("relu"), [X, plain("t", "s8", 255, constant=True)], s8("y", 2, 8),
     "s8[255]; it must be constant s8[256]"),
    ("a cast of a quantized tensor", Cast("f32"), [X], plain("y", "f32", 2, 8), "use quantize"),
)


@pytest.mark.parametrize(("attributes", "inputs", "output", "message"),
                         [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_rule_refuses(attributes: Any, inputs: list[Tensor | None], output: Tensor, message: str
                      ) -> None:
    sentences = broken(attributes, inputs, output)
    assert any(message in sentence for sentence in sentences), sentences
    assert all(sentence.endswith(".") for sentence in sentences)


def test_rules_do_not_apply_to_float_tensors() -> None:
    x, y = plain("x", "f32", 2, 8), plain("y", "f32", 2, 4)
    w = plain("w", "f32", 4, 8, constant=True)
    assert broken(FullyConnected(), [x, w, None], y) == []
    assert broken(Div(), [y, y], y) == []
    assert broken(Transpose((1, 0)), [x], plain("y", "f32", 8, 2)) == []


def test_rules_let_unquantized_bytes_be_moved() -> None:
    assert broken(Reshape((4, 2)), [plain("x", "s8", 8)], plain("y", "s8", 4, 2)) == []


SHAPES: tuple[tuple[str, Any, list[Tensor | None], str], ...] = (
    ("channels", Conv2d(), [plain("x", "f32", 1, 4, 4, 3), plain("w", "f32", 8, 1, 1, 4)],
     "do not fit an image of shape (1, 4, 4, 3)"),
    ("groups", Conv2d(groups=3), [plain("x", "f32", 1, 4, 4, 3), plain("w", "f32", 8, 1, 1, 1)],
     "o divisible by groups"),
    ("a large window", Conv2d(), [plain("x", "f32", 1, 4, 4, 3), plain("w", "f32", 8, 5, 1, 3)],
     "a 5×1 window does not fit a 4×4 image"),
    ("rank", Conv2d(), [plain("x", "f32", 4, 4, 3), plain("w", "f32", 8, 1, 1, 3)], "rank 4"),
    ("depthwise channels", DepthwiseConv2d(), [plain("x", "f32", 1, 4, 4, 3),
     plain("w", "f32", 1, 1, 4)], "[kh, kw, c]"),
    ("depth", FullyConnected(), [plain("x", "f32", 3), plain("w", "f32", 8, 4)], "last axis of x"),
    ("matrix depth", BatchMatmul(), [plain("a", "f32", 3, 4), plain("b", "f32", 3, 4)],
     "same depth k"),
    ("batch axes", BatchMatmul(True), [plain("a", "f32", 2, 3, 4), plain("b", "f32", 3, 3, 4)],
     "do not broadcast"),
    ("operands", Add(), [plain("a", "f32", 3), plain("b", "f32", 4)], "do not broadcast"),
    ("padding of a pool", MaxPool2d((2, 2), pad=(2, 0, 0, 0)), [plain("x", "f32", 1, 4, 4, 3)],
     "must be smaller than the kernel"),
    ("axes", Mean((3,)), [plain("x", "f32", 3)], "must be in [-1, 1)"),
    ("elements", Reshape((5,)), [plain("x", "f32", 4)], "does not have the elements"),
    ("an order", Transpose((0, 0)), [plain("x", "f32", 4, 4)], "not an order of the axes"),
    ("unlike shapes", Concat(0), [plain("a", "f32", 4, 1), plain("b", "f32", 4, 2)],
     "must be equal but for axis 0"),
    ("an axis", Concat(2), [plain("a", "f32", 4, 1)], "must be in [-2, 2)"),
    ("a box", Slice((0,), (2,), (3,)), [plain("x", "f32", 4)], "leave the tensor"),
    ("a border", Pad((-1,), (0,)), [plain("x", "f32", 4)], "0 or more"),
    ("float indices", Gather(), [plain("x", "f32", 4), plain("i", "f32", 2)], "must be s32 or s64"),
    ("a size", Resize((0, 2)), [plain("x", "f32", 1, 2, 2, 1)], "must be positive"),
    ("a mode", Resize((2, 2), "cubic"), [plain("x", "f32", 1, 2, 2, 1)], "nearest, linear"),
    ("a kind", Unary("sine"), [plain("x", "f32", 2)], "there are: relu"),
    ("a type", Cast("f16"), [plain("x", "f32", 2)], "no type 'f16'"),
    ("gamma", LayerNorm(), [plain("x", "f32", 2, 8), plain("g", "f32", 7), plain("b", "f32", 8)],
     "the last axis of x"),
)


@pytest.mark.parametrize(("attributes", "inputs", "message"), [row[1:] for row in SHAPES],
                         ids=[row[0] for row in SHAPES])
def test_shapes_that_do_not_fit_are_refused(attributes: Any, inputs: list[Tensor | None],
                                            message: str) -> None:
    with pytest.raises(LoweringError) as caught:
        catalog.ops()[catalog.op_name(attributes)].shapes(attributes, inputs)
    assert message in str(caught.value)


def test_gather_reference_index_out_of_range_is_refused() -> None:
    x, y = plain("x", "f32", 4), plain("y", "f32", 1)
    with pytest.raises(DataError, match=r"index 4 must be in \[-4, 4\)"):
        catalog.ops()["gather"].reference(Gather(), [np.zeros(4), np.asarray([4])], [x, y], [y])
