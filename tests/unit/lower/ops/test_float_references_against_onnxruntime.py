"""The float32 form of each reference against ONNX Runtime, an implementation we did not write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from edgec.lower import catalog
from edgec.lower.graph import DTYPES, Array, Tensor
from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.mean import Mean
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.resize import COORDINATES, ROUNDINGS, Resize
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.unary import Unary

NAMES = {dtype: name for name, dtype in DTYPES.items()}
RNG = np.random.default_rng(7)


def onnx(op: str, inputs: Sequence[Array | None], dtype: int = TensorProto.FLOAT,
         opset: int = 19, **attributes: Any) -> Array:
    """One ONNX node in ONNX Runtime."""
    names = [f"i{i}" if value is not None else "" for i, value in enumerate(inputs)]
    node = helper.make_node(op, names, ["y"], **attributes)
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for n, v in zip(names, inputs, strict=True) if v is not None]
    graph = helper.make_graph([node], "g", infos, [helper.make_tensor_value_info("y", dtype, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    feeds = {n: v for n, v in zip(names, inputs, strict=True) if v is not None}
    return np.asarray(session.run(None, feeds)[0])


def ours(attributes: Any, *values: Array) -> Array:
    """The reference, with the shape that the op declares."""
    op = catalog.ops()[catalog.op_name(attributes)]
    tensors = [Tensor(f"t{i}", v.shape, NAMES[v.dtype]) for i, v in enumerate(values)]
    shape, = op.shapes(attributes, tensors)
    output = Tensor("y", tuple(shape), "f32")
    y, = op.reference(attributes, values, tensors, [output])
    assert y.shape == tuple(shape)
    return y


def normal(*shape: int) -> Array:
    return RNG.normal(size=shape).astype(np.float32)


def nchw(x: Array) -> Array:
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def nhwc(x: Array) -> Array:
    return x.transpose(0, 2, 3, 1)


CONVOLUTIONS = (
    ((1, 9, 8, 6), (4, 3, 3, 6), Conv2d(pad=(1, 1, 1, 1))),
    ((2, 9, 8, 6), (4, 3, 2, 3), Conv2d(stride=(2, 1), pad=(0, 1, 2, 0), groups=2)),
    ((1, 11, 12, 2), (6, 3, 3, 2), Conv2d(dilation=(2, 3), stride=(1, 2), pad=(3, 0, 1, 2))),
    ((1, 5, 5, 3), (6, 3, 3, 1), Conv2d(groups=3)))


@pytest.mark.parametrize(("image", "weights", "attributes"), CONVOLUTIONS)
def test_conv2d(image: tuple[int, ...], weights: tuple[int, ...], attributes: Conv2d) -> None:
    x, w, b = normal(*image), normal(*weights), normal(weights[0])
    expected = onnx("Conv", [nchw(x), nchw(w), b], strides=attributes.stride, pads=attributes.pad,
                    dilations=attributes.dilation, group=attributes.groups)
    np.testing.assert_allclose(ours(attributes, x, w, b), nhwc(expected), atol=2e-5)


def test_depthwise_conv2d() -> None:
    x, w, b = normal(1, 9, 10, 5), normal(3, 4, 5), normal(5)
    attributes = DepthwiseConv2d((2, 1), (1, 2), (1, 2, 0, 3))
    expected = onnx("Conv", [nchw(x), np.ascontiguousarray(w.transpose(2, 0, 1)[:, None]), b],
                    strides=(2, 1), dilations=(1, 2), pads=attributes.pad, group=5)
    np.testing.assert_allclose(ours(attributes, x, w, b), nhwc(expected), atol=2e-5)


def test_fully_connected_clamps() -> None:
    x, w, b = normal(3, 20), normal(7, 20), normal(7)
    expected = np.clip(onnx("Gemm", [x, w, b], transB=1), 0, 1)
    np.testing.assert_allclose(ours(FullyConnected((0, 1)), x, w, b), expected, atol=2e-5)


POOLS = (((1, 8, 9, 3), (3, 2), (2, 1), (1, 1, 1, 0)), ((2, 6, 6, 2), (2, 2), (2, 2), (0, 0, 0, 0)),
         ((1, 7, 7, 4), (5, 4), (3, 2), (4, 2, 3, 1)))


@pytest.mark.parametrize(("image", "kernel", "stride", "pad"), POOLS)
def test_max_pool2d(image: Any, kernel: Any, stride: Any, pad: Any) -> None:
    x = normal(*image)
    expected = onnx("MaxPool", [nchw(x)], kernel_shape=kernel, strides=stride, pads=pad)
    np.testing.assert_array_equal(ours(MaxPool2d(kernel, stride, pad), x), nhwc(expected))


@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize(("image", "kernel", "stride", "pad"), POOLS)
def test_average_pool2d(image: Any, kernel: Any, stride: Any, pad: Any, include: bool) -> None:
    x = normal(*image)
    expected = onnx("AveragePool", [nchw(x)], kernel_shape=kernel, strides=stride, pads=pad,
                    count_include_pad=int(include))
    np.testing.assert_allclose(ours(AveragePool2d(kernel, stride, pad, include), x),
                               nhwc(expected), atol=1e-6)


@pytest.mark.parametrize(("axes", "keepdims"), [((1,), True), ((0, 2), False), ((-1,), True)])
def test_mean(axes: tuple[int, ...], keepdims: bool) -> None:
    x = normal(3, 4, 5)
    expected = onnx("ReduceMean", [x, np.asarray(axes)], keepdims=int(keepdims))
    np.testing.assert_allclose(ours(Mean(axes, keepdims), x), expected, atol=1e-6)


def test_softmax() -> None:
    x = normal(3, 4, 50) * np.float32(5)
    np.testing.assert_allclose(ours(Softmax(), x), onnx("Softmax", [x], axis=-1), atol=1e-6)


def test_layer_norm() -> None:
    x, gamma, beta = normal(3, 4, 50), normal(50), normal(50)
    expected = onnx("LayerNormalization", [x, gamma, beta], axis=-1, epsilon=1e-3)
    np.testing.assert_allclose(ours(LayerNorm(1e-3), x, gamma, beta), expected, atol=1e-5)


UNARIES = (("Relu", "relu", {}), ("Sigmoid", "sigmoid", {}), ("Tanh", "tanh", {}),
           ("HardSwish", "hard_swish", {}),
           ("HardSigmoid", "hard_sigmoid", {"alpha": 0.3, "beta": 0.4}),
           ("Exp", "exp", {}), ("Log", "log", {}), ("Sqrt", "sqrt", {}), ("Neg", "neg", {}),
           ("Abs", "abs", {}), ("Erf", "erf", {}), ("LeakyRelu", "leaky_relu", {"alpha": 0.2}),
           ("Elu", "elu", {"alpha": 1.5}), ("Reciprocal", "reciprocal", {}),
           ("Softplus", "softplus", {}))


@pytest.mark.parametrize(("op", "kind", "attributes"), UNARIES)
def test_unary(op: str, kind: str, attributes: dict[str, float]) -> None:
    x = np.linspace(-9, 9, 500).astype(np.float32)
    if kind in ("log", "sqrt"):
        x = np.abs(x)
    expected = onnx(op, [x], **attributes)
    np.testing.assert_allclose(ours(Unary(kind, **attributes), x), expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_unary_gelu(approximate: str) -> None:
    x = np.linspace(-9, 9, 500).astype(np.float32)
    kind = {"none": "gelu", "tanh": "gelu_tanh"}[approximate]
    expected = onnx("Gelu", [x], opset=20, approximate=approximate)
    np.testing.assert_allclose(ours(Unary(kind), x), expected, atol=2e-6)


SIZES = (((4, 5), (8, 10)), ((8, 6), (4, 2)), ((1, 2), (3, 5)), ((5, 4), (7, 1)))


def onnx_resize(x: Array, size: tuple[int, int], **attributes: Any) -> Array:
    sizes = np.asarray([x.shape[0], x.shape[3], *size], np.int64)
    return nhwc(onnx("Resize", [nchw(x), None, None, sizes], **attributes))


@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize(("image", "size"), SIZES)
def test_resize_linear(image: tuple[int, int], size: tuple[int, int], coordinates: str) -> None:
    x = normal(2, *image, 3)
    expected = onnx_resize(x, size, mode="linear", coordinate_transformation_mode=coordinates)
    np.testing.assert_allclose(ours(Resize(size, "linear", coordinates), x), expected, atol=1e-5)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize(("image", "size"), SIZES)
def test_resize_nearest(image: tuple[int, int], size: tuple[int, int], coordinates: str,
                        rounding: str) -> None:
    x = normal(1, *image, 2)
    expected = onnx_resize(x, size, mode="nearest", nearest_mode=rounding,
                           coordinate_transformation_mode=coordinates)
    np.testing.assert_array_equal(ours(Resize(size, "nearest", coordinates, rounding), x), expected)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gather(axis: int) -> None:
    x, indices = normal(4, 5, 6), np.asarray([[3, -1], [0, 2]])
    np.testing.assert_array_equal(ours(Gather(axis), x, indices),
                                  onnx("Gather", [x, indices], axis=axis))


def test_slice() -> None:
    x = normal(8, 9)
    expected = onnx("Slice", [x, *(np.asarray(v) for v in ([1, 7], [7, 0], [0, 1], [2, -3]))])
    np.testing.assert_array_equal(ours(Slice((1, 7), (2, -3), (3, 3)), x), expected)


def test_pad() -> None:
    x = normal(2, 3)
    expected = onnx("Pad", [x, np.asarray([1, 0, 2, 3]), np.asarray(1.5, np.float32)])
    np.testing.assert_array_equal(ours(Pad((1, 0), (2, 3), 1.5), x), expected)


def test_cast_of_ordinary_numbers() -> None:
    x = np.asarray([-2.7, -0.5, 0.0, 0.5, 2.7, 1e6], np.float32)
    expected = onnx("Cast", [x], TensorProto.INT64, to=TensorProto.INT64)
    np.testing.assert_array_equal(ours(Cast("s64"), x), expected)
