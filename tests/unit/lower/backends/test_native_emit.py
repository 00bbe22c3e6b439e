"""What the native backend writes into the file, record by record."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from edgec.errors import LoweringError
from edgec.format import NodeRecord, PlanFile, read
from edgec.lower.backend import load_backend
from edgec.lower.backends.native.builder import as_int32, bits
from edgec.lower.graph import Array, Graph, Node, Quantization, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.reshape import Reshape
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import Case, cases_of, merged

TARGET = load_target("raspberry_pi_4")


def emitted(graph: Graph) -> PlanFile:
    return read(load_backend("native").emit(graph, plan(graph), TARGET))


def file_of(op: str, name: str) -> tuple[Case, PlanFile]:
    case, = (c for c in cases_of(op) if c.name == name)
    return case, emitted(case.graph)


def data(file: PlanFile, node: NodeRecord, index: int) -> Array:
    values = file.tensors[node.inputs[index]].data
    assert values is not None
    return values


def test_conv2d_bias_contains_zero_point_times_sum_of_weights() -> None:
    case, file = file_of("conv2d", "groups_2")
    node, = file.nodes
    w = np.asarray(case.graph.tensors["w"].data, np.int64).reshape(2, 3, -1)
    bias = np.asarray(case.graph.tensors["b"].data, np.int64).reshape(2, 3)
    np.testing.assert_array_equal(data(file, node, 2)[:, :3], bias - (-3) * w.sum(axis=2))
    np.testing.assert_array_equal(data(file, node, 3)[:, :3], w.sum(axis=2))
    assert [file.tensors[i].dims for i in node.inputs[2:]] == [(2, 16)] * 3
    assert not data(file, node, 4)[:, 3:].any()


def test_conv2d_params_are_in_the_order_of_the_spec() -> None:
    _, file = file_of("conv2d", "stride_3x2_uneven_pad")
    assert file.nodes[0].params == (4, 3, 3, 2, 1, 1, 2, 0, 1, -3, 5, -128, 127)


def test_conv2d_relu6_becomes_integer_bounds() -> None:
    case, file = file_of("conv2d", "relu6_clamp")
    quantization = case.graph.tensors["y"].quantization
    assert quantization is not None
    high = min(round(6 / float(quantization.scale[0])) - 128, 127)
    assert file.nodes[0].params[-2:] == (-128, high)


def test_conv2d_float_without_clamp_has_infinite_bounds() -> None:
    _, file = file_of("conv2d", "same_3x3_f32")
    low, high = np.asarray(file.nodes[0].params[-2:], np.int32).view(np.float32)
    assert (low, high) == (-np.inf, np.inf)


def test_depthwise_conv2d_has_no_wsum_and_packs_16_channels() -> None:
    _, file = file_of("depthwise_conv2d", "3x3_of_35_stride_2")
    node, = file.nodes
    assert [file.tensors[i].layout for i in node.inputs] == ["plain", "dw16", "plain", "plain"]
    assert [file.tensors[i].dims for i in node.inputs[1:]] == [(3, 9, 16), (48,), (48,)]


def test_sub_has_a_negative_second_multiplier() -> None:
    _, file = file_of("sub", "pairs_0_clamp_0")
    assert file.nodes[0].op == "add_s8"
    assert file.nodes[0].params[2] < 0 < file.nodes[0].params[1]


def test_softmax_table_starts_at_one_and_falls() -> None:
    _, file = file_of("softmax", "(3, 16)_scale_0.3")
    table = data(file, file.nodes[0], 1).astype(np.int64)
    assert table[0] == 2**20
    assert (np.diff(table) <= 0).all()
    assert table[10] == round(np.exp(-3.0000001192092896) * 2**20)


def test_pad_value_of_int8_is_zero_extended() -> None:
    _, file = file_of("pad", "(4,)_0.0_s8")
    assert file.nodes[0].params == (1, 256 - 5)


def test_tensor_records_carry_names_scales_and_the_plan() -> None:
    case, file = file_of("conv2d", "groups_2")
    by_name = {t.name: t for t in file.tensors}
    assert (by_name["x"].scale, by_name["x"].zero_point) == (np.float32(0.05), -3)
    assert by_name["y"].offset == plan(case.graph).offsets["y"]
    assert file.arena_bytes == plan(case.graph).arena_bytes
    assert "w:s8_16c4" in by_name
    assert (file.target, file.producer) == ("raspberry_pi_4", "edgec")


def test_macs_are_those_of_the_op() -> None:
    case, file = file_of("conv2d", "groups_2")
    assert file.nodes[0].macs == case.graph.tensors["y"].size * 3 * 3 * 4


def test_equal_constants_are_stored_once() -> None:
    case, = (c for c in cases_of("fully_connected") if c.name == "rows_5_k_33_n_40")
    graph, _ = merged([case, case])
    once, twice = emitted(case.graph), emitted(graph)
    constants = [sum(t.data is not None for t in f.tensors) for f in (once, twice)]
    assert constants[0] == constants[1]


def test_constant_with_the_name_of_an_activation_gets_another() -> None:
    q = Quantization(np.float32(0.1), np.int32(0))
    tensors = {"x": Tensor("x", (4,), "s8", q), "y": Tensor("y", (4,), "s8", q),
               "c": Tensor("c", (4,), "s8", q, np.zeros(4, np.int8))}
    nodes = (Node("y", "add", ("x", "c"), ("y",), Add()),)
    names = [t.name for t in emitted(Graph("g", tensors, nodes, ("x",), ("y",))).tensors]
    assert sorted(names) == ["c", "x", "y"]


def test_reshape_lies_on_its_input() -> None:
    tensors = {"x": Tensor("x", (4,), "f32"), "y": Tensor("y", (2, 2), "f32")}
    node = Node("r", "reshape", ("x",), ("y",), Reshape((2, 2)))
    file = emitted(Graph("g", tensors, (node,), ("x",), ("y",)))
    assert file.tensors[file.inputs[0]].offset == file.tensors[file.outputs[0]].offset


def test_model_input_that_is_constant_is_refused() -> None:
    case, = (c for c in cases_of("add") if c.name == "constant_operand")
    graph = dataclasses.replace(case.graph, inputs=("a", "b"))
    with pytest.raises(LoweringError, match="'b' is a constant"):
        load_backend("native").emit(graph, plan(graph), TARGET)


def test_bits_are_the_pattern_of_float32() -> None:
    assert bits(1.0) == 0x3F800000
    assert bits(-0.0) == -2**31
    assert as_int32(0xFFFFFFFF) == -1
