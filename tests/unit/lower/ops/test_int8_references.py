"""The int8 form of each reference: near the float form, and equal to plain loops over integers."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest

from edgec.lower import catalog, numerics
from edgec.lower.graph import Array, Graph, Quantization, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.ops.lut import REQUANTIZE
from edgec.lower.ops.unary import Unary, evaluate
from tests.contract.op_cases import Case, cases_of
from tests.unit.lower.exact_arithmetic import exact_requantize

WITH_INT8 = ("conv2d", "depthwise_conv2d", "fully_connected", "batch_matmul", "add", "sub", "mul",
             "max_pool2d", "average_pool2d", "mean", "softmax", "layer_norm", "lut", "resize",
             "pad", "concat", "slice", "transpose", "gather")


def int8_cases(op: str) -> list[Case]:
    return [c for c in cases_of(op) if c.graph.tensors["y"].dtype == "s8"]


def real(tensor: Tensor, values: Array) -> Array:
    """What quantized values stand for; other values as they are."""
    q = tensor.quantization
    if q is None:
        return values
    shape = [1] * values.ndim
    if q.axis is not None:
        shape[q.axis] = -1
    return ((values.astype(np.float64) - q.zero_point.reshape(shape))
            * q.scale.astype(np.float64).reshape(shape)).astype(np.float32)


def in_float(case: Case) -> Array:
    """The case computed in real numbers, then quantized."""
    node, = case.graph.nodes
    tensors = [case.graph.tensors[n] if n else None for n in node.inputs]
    values = [None if t is None else real(t, case.inputs[t.name] if t.data is None else t.data)
              for t in tensors]
    plain = [None if t is None else dataclasses.replace(t, dtype="f32", quantization=None)
             for t in tensors]
    y = case.graph.tensors["y"]
    if node.op == "lut":
        a = node.attributes
        result = values[0] if a.kind == REQUANTIZE else evaluate(
            Unary(a.kind, a.alpha, a.beta), np.asarray(values[0]))
    else:
        output = dataclasses.replace(y, dtype="f32", quantization=None)
        with np.errstate(all="ignore"):
            result, = catalog.ops()[node.op].reference(node.attributes, values, plain, [output])
    assert y.quantization is not None
    quantized = numerics.quantize(np.asarray(result), float(y.quantization.scale[0]),
                                  int(y.quantization.zero_point[0]))
    return np.where(np.isnan(result), interpret(case.graph, case.inputs)["y"], quantized)


@pytest.mark.parametrize("op", WITH_INT8)
def test_int8_reference_is_within_one_step_of_real_numbers(op: str) -> None:
    cases = int8_cases(op)
    assert cases
    for case in cases:
        got = interpret(case.graph, case.inputs)["y"].astype(int)
        worst = np.abs(got - in_float(case)).max()
        assert worst <= 1, (case.name, worst)


def zero(graph: Graph, name: str) -> int:
    q = graph.tensors[name].quantization
    assert q is not None
    return int(q.zero_point[0])


def scales(graph: Graph, name: str) -> Array:
    q = graph.tensors[name].quantization
    assert q is not None
    return q.scale


def bounds(graph: Graph, attributes: Any) -> tuple[int, int]:
    return numerics.clamp_bounds(*attributes.clamp, float(scales(graph, "y")[0]), zero(graph, "y"))


def multipliers(graph: Graph, channels: int) -> list[float]:
    values = scales(graph, "x") * scales(graph, "w") / scales(graph, "y")
    return [float(v) for v in np.broadcast_to(values, (channels,))]


def convolved(case: Case) -> Array:
    """conv2d by loops over Python integers."""
    g, (node,) = case.graph, case.graph.nodes
    a, x, w = node.attributes, case.inputs["x"].astype(int), np.asarray(g.tensors["w"].data, int)
    bias = np.asarray(g.tensors["b"].data, int) if "b" in g.tensors else np.zeros(len(w), int)
    channels, kh, kw, depth = w.shape
    mult, out = multipliers(g, channels), np.zeros(g.tensors["y"].shape, np.int8)
    for n, i, j, o in np.ndindex(*out.shape):
        first = o // (channels // a.groups) * depth
        acc = int(bias[o])
        for ky, kx in itertools.product(range(kh), range(kw)):
            row = i * a.stride[0] + ky * a.dilation[0] - a.pad[0]
            column = j * a.stride[1] + kx * a.dilation[1] - a.pad[1]
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                pixel = x[n, row, column, first:first + depth]
                acc += int(((pixel - zero(g, "x")) * w[o, ky, kx]).sum())
        out[n, i, j, o] = exact_requantize(acc, mult[o], zero(g, "y"), *bounds(g, a))
    return out


@pytest.mark.parametrize("name", ["one_pixel", "pointwise_stride_2", "rectangle_1x7",
                                  "stride_3x2_uneven_pad", "pad_larger_than_kernel", "groups_2",
                                  "channel_multiplier_2", "clamp_both_sides", "one_weight_scale"])
def test_conv2d_equals_loops_over_integers(name: str) -> None:
    case, = (c for c in int8_cases("conv2d") if c.name == name)
    np.testing.assert_array_equal(interpret(case.graph, case.inputs)["y"], convolved(case))


@pytest.mark.parametrize("name", ["one_channel", "pad_larger_than_kernel_dw", "dilation_2_dw"])
def test_depthwise_conv2d_equals_conv2d_with_one_group_per_channel(name: str) -> None:
    case, = (c for c in int8_cases("depthwise_conv2d") if c.name == name)
    weights = case.graph.tensors["w"]
    data = np.asarray(weights.data).transpose(2, 0, 1)[..., None]
    node, = case.graph.nodes
    attributes = catalog.ops()["conv2d"].attributes(
        groups=data.shape[0], **dataclasses.asdict(node.attributes))
    assert weights.quantization is not None
    axis = Quantization(weights.quantization.scale, weights.quantization.zero_point, 0)
    tensors = {**case.graph.tensors, "w": Tensor("w", data.shape, "s8", axis, data)}
    graph = dataclasses.replace(case.graph, tensors=tensors, nodes=(
        dataclasses.replace(node, op="conv2d", attributes=attributes),))
    np.testing.assert_array_equal(interpret(case.graph, case.inputs)["y"],
                                  convolved(dataclasses.replace(case, graph=graph)))


@pytest.mark.parametrize("name", ["vector_4_to_16", "rows_1_k_7_n_17", "relu_fc", "no_bias_fc"])
def test_fully_connected_equals_loops_over_integers(name: str) -> None:
    case, = (c for c in int8_cases("fully_connected") if c.name == name)
    g, (node,) = case.graph, case.graph.nodes
    x, w = case.inputs["x"].astype(int) - zero(g, "x"), np.asarray(g.tensors["w"].data, int)
    bias = np.asarray(g.tensors["b"].data, int) if "b" in g.tensors else np.zeros(len(w), int)
    mult, expected = multipliers(g, len(w)), np.zeros(g.tensors["y"].shape, np.int8)
    for index in np.ndindex(*expected.shape):
        acc = int((x[index[:-1]] * w[index[-1]]).sum() + bias[index[-1]])
        expected[index] = exact_requantize(acc, mult[index[-1]], zero(g, "y"),
                                           *bounds(g, node.attributes))
    np.testing.assert_array_equal(interpret(g, case.inputs)["y"], expected)


def test_mul_of_every_pair_equals_exact_arithmetic() -> None:
    case = int8_cases("mul")[1]
    g, (node,) = case.graph, case.graph.nodes
    mult = float(scales(g, "a")[0] * scales(g, "b")[0] / scales(g, "y")[0])
    got = interpret(g, case.inputs)["y"]
    for i in range(0, got.size, 97):
        acc = (int(case.inputs["a"][i]) - zero(g, "a")) * (int(case.inputs["b"][i]) - zero(g, "b"))
        assert got[i] == exact_requantize(acc, mult, zero(g, "y"), *bounds(g, node.attributes))


def test_mean_equals_exact_arithmetic() -> None:
    for case in (c for c in int8_cases("mean") if c.graph.nodes[0].attributes.axes == (1, 2)):
        g, (node,) = case.graph, case.graph.nodes
        x = case.inputs["x"].astype(int) - zero(g, "x")
        count = math.prod(x.shape[a] for a in node.attributes.axes)
        mult = float(np.float32(scales(g, "x")[0] / scales(g, "y")[0]) / np.float32(count))
        sums = x.sum(axis=(1, 2), keepdims=node.attributes.keepdims)
        expected = [exact_requantize(int(s), mult, zero(g, "y"), -128, 127) for s in sums.flat]
        np.testing.assert_array_equal(interpret(g, case.inputs)["y"].reshape(-1), expected)


def test_softmax_of_equal_values_shares_one_equally() -> None:
    case, = (c for c in int8_cases("softmax") if c.name == "all_127")
    y = interpret(case.graph, case.inputs)["y"]
    assert np.unique(y).tolist() == [round(1 / 9 / 0.002) + 3]


def test_layer_norm_of_equal_values_is_beta_even_without_epsilon() -> None:
    case, = (c for c in int8_cases("layer_norm") if c.name == "(7, 17)_equal_epsilon_0.0")
    beta = np.asarray(case.graph.tensors["beta"].data)
    expected = numerics.quantize(beta, 0.04, 6)
    np.testing.assert_array_equal(interpret(case.graph, case.inputs)["y"],
                                  np.broadcast_to(expected, (7, 17)))
