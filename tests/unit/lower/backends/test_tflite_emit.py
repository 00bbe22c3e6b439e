"""What the tflite backend writes into the file, operator by operator."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import numpy as np
import pytest

from edgec.errors import LoweringError, MissingExtra
from edgec.lower.backend import load_backend
from edgec.lower.backends.tflite.flatbuffer import pack
from edgec.lower.backends.tflite.records import Activation, ModelRecord, Padding, SubgraphRecord
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import Case, cases_of, merged
from tests.unit.lower.backends.litert_session import Session

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
TARGET = load_target("raspberry_pi_4")
CODES = {number: name for name, number in vars(schema.BuiltinOperator).items()
         if isinstance(number, int)}


def emitted(graph: Graph) -> bytes:
    return load_backend("tflite").emit(graph, plan(graph), TARGET)


def parsed(data: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))


def case_of(op: str, name: str) -> Case:
    found, = (c for c in cases_of(op) if c.name == name)
    return found


def operators(op: str, name: str) -> list[tuple[str, int, Any]]:
    """(operator, version, options) in order."""
    model = parsed(emitted(case_of(op, name).graph))
    codes = [model.operatorCodes[o.opcodeIndex] for o in model.subgraphs[0].operators]
    return [(CODES[c.builtinCode], c.version, o.builtinOptions)
            for c, o in zip(codes, model.subgraphs[0].operators, strict=True)]


def names(op: str, name: str) -> list[str]:
    return [code for code, _, _ in operators(op, name)]


def options(op: str, name: str) -> Any:
    return operators(op, name)[-1][2]


def plus_one(name: str) -> Graph:
    tensors = {name: Tensor(name, (2,), "f32"), "y": Tensor("y", (2,), "f32"),
               "one": Tensor("one", (2,), "f32", None, np.ones(2, np.float32))}
    return Graph("g", tensors, (Node(name, "add", (name, "one"), ("y",), Add()),), (name,), ("y",))


def test_file_has_the_identifier_version_and_an_empty_first_buffer() -> None:
    data = emitted(case_of("conv2d", "groups_2").graph)
    model = parsed(data)
    assert data[4:8] == b"TFL3"
    assert model.version == 3
    assert model.buffers[0].data is None


def test_data_of_every_buffer_is_aligned_to_16_bytes() -> None:
    graph, _ = merged(cases_of("fully_connected"))
    data = emitted(graph)
    root = schema.Model.GetRootAs(data, 0)
    vectors = [root.Buffers(i)._tab for i in range(1, root.BuffersLength())]
    starts = [table.Vector(table.Offset(4)) for table in vectors]
    assert len(starts) > 20
    assert {start % 16 for start in starts} == {0}


def test_equal_constants_are_stored_once() -> None:
    one = case_of("fully_connected", "rows_5_k_33_n_40")
    graph, _ = merged([one, one])
    assert len(parsed(emitted(graph)).buffers) == len(parsed(emitted(one.graph)).buffers)


def test_code_above_127_is_deprecated_as_127() -> None:
    model = parsed(emitted(case_of("unary", "unary_gelu").graph))
    assert [(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes] == [(150, 127)]


def test_signature_maps_the_names_of_inputs_and_outputs() -> None:
    model = parsed(emitted(case_of("add", "(100,)_and_(100,)").graph))
    signature, = model.signatureDefs
    tensors = model.subgraphs[0].tensors
    assert signature.signatureKey == b"serving_default"
    assert [(m.name, tensors[m.tensorIndex].name) for m in signature.inputs] == [
        (b"a", b"a"), (b"b", b"b")]
    assert [m.name for m in signature.outputs] == [b"y"]


@pytest.mark.parametrize(("op", "name", "runtime"), [
    ("add", "(100,)_and_(100,)", b"1.14.0"), ("batch_matmul", "(1, 1, 1)_transposed_False_random",
                                              b"2.3.0"),
    ("conv2d", "groups_2", b"2.9.0"), ("unary", "unary_gelu", b"2.9.0")])
def test_metadata_names_the_oldest_runtime(op: str, name: str, runtime: bytes) -> None:
    model = parsed(emitted(case_of(op, name).graph))
    entry, = model.metadata
    assert entry.name == b"min_runtime_version"
    assert bytes(model.buffers[entry.buffer].data) == runtime.ljust(16, b"\0")


@pytest.mark.parametrize(("op", "name", "version"), [
    ("conv2d", "same_3x3", 3), ("conv2d", "same_3x3_f32", 1), ("conv2d", "groups_2", 6),
    ("depthwise_conv2d", "3x3_of_16", 3), ("depthwise_conv2d", "dilation_2_dw_f32", 2),
    ("fully_connected", "rows_5_k_33_n_40", 4), ("fully_connected", "vector_4_to_16", 5),
    ("fully_connected", "rows_5_k_33_n_40_f32", 1), ("mul", "pairs_0_clamp_0", 2),
    ("transpose", "(1, 2, 3, 4, 5, 2)_(5, 3, 1, 0, 2, 4)_s8", 6), ("cast", "s8_to_f32", 3),
    ("sub", "(2, 1, 2, 1, 2, 3)_and_(3, 1, 2, 1, 3)", 3)])
def test_version_is_the_lowest_that_has_what_is_used(op: str, name: str, version: int) -> None:
    assert operators(op, name)[-1][1] == version


@pytest.mark.parametrize(("op", "name", "padding"), [
    ("conv2d", "same_3x3", Padding.SAME),
    ("conv2d", "stem_3x3_stride_2", Padding.VALID),  # no window reaches the padding below
    ("conv2d", "pointwise_stride_2", Padding.VALID), ("depthwise_conv2d", "1x9_dw", Padding.SAME),
    ("max_pool2d", "max_1", Padding.VALID), ("max_pool2d", "max_2", Padding.SAME)])
def test_padding_that_litert_has_needs_no_pad(op: str, name: str, padding: Padding) -> None:
    assert len(names(op, name)) == 1
    assert options(op, name).padding == padding


def test_padding_that_litert_lacks_is_added_before() -> None:
    model = parsed(emitted(case_of("conv2d", "stride_3x2_uneven_pad").graph))
    border = next(t for t in model.subgraphs[0].tensors if t.name.endswith(b":border"))
    values = np.frombuffer(bytes(model.buffers[border.buffer].data), "<i4").reshape(4, 2)
    # Below and right as far as windows reach: 1 and 2 were asked for.
    assert values.tolist() == [[0, 0], [2, 0], [0, 1], [0, 0]]


def test_padding_of_a_maximum_is_the_lowest_value() -> None:
    model = parsed(emitted(case_of("max_pool2d", "max_5").graph))
    fill = next(t for t in model.subgraphs[0].tensors if t.name.endswith(b":fill"))
    assert names("max_pool2d", "max_5") == ["PADV2", "MAX_POOL_2D"]
    assert bytes(model.buffers[fill.buffer].data) == b"\x80"


@pytest.mark.parametrize(("op", "name", "activation"), [
    ("conv2d", "relu6_clamp", Activation.RELU6), ("conv2d", "relu_clamp_f32", Activation.RELU),
    ("conv2d", "relu_clamp", Activation.NONE), ("fully_connected", "relu_fc", Activation.RELU)])
def test_clamp_is_fused_and_left_out_where_int8_clamps_anyway(op: str, name: str,
                                                               activation: Activation) -> None:
    assert names(op, name) == [{"conv2d": "CONV_2D", "fully_connected": "FULLY_CONNECTED"}[op]]
    assert options(op, name).fusedActivationFunction == activation


def test_clamp_that_litert_lacks_follows_the_operator() -> None:
    assert names("conv2d", "clamp_both_sides") == ["CONV_2D", "MAXIMUM", "MINIMUM"]
    assert names("minimum", "(2, 3, 5, 7)_and_(2, 3, 5, 7)_f32") == ["MINIMUM", "MAXIMUM",
                                                                      "MINIMUM"]


def test_weights_carry_their_scales_along_the_axis_of_litert() -> None:
    model = parsed(emitted(case_of("depthwise_conv2d", "3x3_of_16").graph))
    tensors = {t.name: t for t in model.subgraphs[0].tensors}
    filters, bias = tensors[b"w:filter"], tensors[b"3x3_of_16:bias"]
    assert filters.shape.tolist() == [1, 3, 3, 16]
    assert (filters.quantization.quantizedDimension, len(filters.quantization.scale)) == (3, 16)
    np.testing.assert_array_equal(bias.quantization.scale,
                                  np.float32(0.05) * filters.quantization.scale)


def test_indices_that_may_be_negative_are_turned_around_and_constant_ones_before() -> None:
    assert names("gather", "axis_0_int64_f32") == ["LESS", "ADD", "SELECT_V2", "GATHER"]
    graph = case_of("gather", "axis_0_int64_f32").graph
    indices = dataclasses.replace(graph.tensors["i"], data=np.asarray([3, 0, -1, 3]))
    model = parsed(emitted(dataclasses.replace(
        graph, tensors={**graph.tensors, "i": indices}, inputs=("x",))))
    assert len(model.subgraphs[0].operators) == 1


def test_nearest_resize_is_an_operator_only_where_all_runtimes_agree() -> None:
    name = "(1, 4, 5, 3)_to_(8, 10)_asymmetric_floor"
    assert names("resize", name) == ["RESIZE_NEAREST_NEIGHBOR"]
    assert names("resize", "(2, 7, 6, 18)_to_(3, 4)_half_pixel_floor") == ["GATHER", "GATHER"]


def test_xnnpack_takes_the_operators_of_a_network() -> None:
    from ai_edge_litert.interpreter import Interpreter

    picked = [case_of("conv2d", "same_3x3"), case_of("depthwise_conv2d", "3x3_of_16"),
              case_of("fully_connected", "rows_5_k_33_n_40"), case_of("add", "pairs_0_clamp_0"),
              case_of("mul", "pairs_0_clamp_0"), case_of("max_pool2d", "max_2"),
              case_of("mean", "(1, 7, 7, 20)_over_(1, 2)_zero_4")]
    graph, _ = merged(picked)
    interpreter = Interpreter(model_content=emitted(graph))
    interpreter.allocate_tensors()
    assert len(interpreter._get_ops_details()) == len(picked) + 1
    assert interpreter._get_ops_details()[-1]["op_name"] == "DELEGATE"


@pytest.mark.parametrize("name", ['a"b\n\t', "a\0b", "é€😀", " ", "../../x", "n" * 5000, "y#2",
                                  "%s%n", "x:bound"])
def test_any_name_opens_and_runs(name: str, tmp_path) -> None:
    (tmp_path / "m.tflite").write_bytes(emitted(plus_one(name)))
    session = Session(tmp_path / "m.tflite", 1)
    session.fill([np.asarray([1, 2], np.float32)])
    session.run()
    assert session.results()[0].tolist() == [2, 3]


def test_outputs_that_no_node_writes_are_inputs_and_constants(tmp_path) -> None:
    graph = dataclasses.replace(plus_one("x"), outputs=("y", "x", "one"))
    (tmp_path / "m.tflite").write_bytes(emitted(graph))
    session = Session(tmp_path / "m.tflite", 1)
    session.fill([np.asarray([1, 2], np.float32)])
    session.run()
    assert [r.tolist() for r in session.results()] == [[2, 3], [1, 2], [1, 1]]


def test_model_input_that_is_constant_is_refused() -> None:
    graph = dataclasses.replace(plus_one("x"), inputs=("x", "one"))
    with pytest.raises(LoweringError, match="'one' is a constant"):
        emitted(graph)


def test_constants_of_2_gib_are_refused() -> None:
    huge = np.broadcast_to(np.zeros(1, np.int8), (2**31,))
    with pytest.raises(LoweringError, match="2147483648 bytes"):
        pack(ModelRecord("m", (SubgraphRecord(
            "s", (Tensor("w", huge.shape, "s8", None, huge),), (), (), ()),)))


def test_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(MissingExtra, match=r"'ai-edge-litert'.*edgec\[tflite\]"):
        emitted(plus_one("x"))
