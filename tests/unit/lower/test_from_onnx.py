from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgec.errors import EdgecError, ModelError, UnsupportedOps
from edgec.lower.from_onnx import import_onnx
from edgec.lower.graph import Array
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from tests.unit.lower.lower_models import as_ir
from tests.unit.lower.onnxruntime_judge import run_onnx


def _model(nodes: Sequence[onnx.NodeProto], x: Array, constants: dict[str, Array] | None = None,
           output: int = TensorProto.FLOAT) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes), "test",
        [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)],
        [helper.make_tensor_value_info("y", output, None)],
        [numpy_helper.from_array(np.asarray(v), n) for n, v in (constants or {}).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18),
                                                    helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 10
    return model


def _node(op: str, *inputs: str, output: str = "y", **attributes: object) -> onnx.NodeProto:
    return helper.make_node(op, inputs, [output], name=f"node_{output}", **attributes)


def _check(model: onnx.ModelProto, x: Array) -> None:
    expected = run_onnx(model, {"x": x})["y"]
    for graph in (import_onnx(as_ir(model)), lower(as_ir(model))):
        found = interpret(graph, {"x": x})["y"]
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.standard_normal((2, 4, 7, 6)).astype(np.float32)
SIGNAL = RANDOM.standard_normal((2, 4, 9)).astype(np.float32)
ROWS = RANDOM.standard_normal((3, 8)).astype(np.float32)


def _weights(*shape: int) -> dict[str, Array]:
    return {"w": np.random.default_rng(1).standard_normal(shape).astype(np.float32)}


CASES = {
    "conv_same_lower": (_node("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[2, 2]), IMAGE,
                        _weights(3, 4, 3, 3)),
    "conv_dilated_grouped": (_node("Conv", "x", "w", dilations=[2, 1], group=2), IMAGE,
                             _weights(6, 2, 2, 3)),
    "conv_channel_multiplier": (_node("Conv", "x", "w", group=4), IMAGE, _weights(8, 1, 3, 3)),
    "conv_1d": (_node("Conv", "x", "w", pads=[2, 1], strides=[2]), SIGNAL, _weights(5, 4, 3)),
    "max_pool_ceil": (_node("MaxPool", "x", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1),
                      IMAGE, {}),
    "average_pool_with_padding": (_node("AveragePool", "x", kernel_shape=[3, 3],
                                        pads=[1, 1, 1, 1], count_include_pad=1), IMAGE, {}),
    "average_pool_without_padding": (_node("AveragePool", "x", kernel_shape=[3, 3],
                                           pads=[1, 1, 1, 1]), IMAGE, {}),
    "global_max_pool": (_node("GlobalMaxPool", "x"), IMAGE, {}),
    "gemm_transposed": (_node("Gemm", "x", "w", transA=1, alpha=0.5), ROWS, _weights(3, 5)),
    "matmul_batched_constant": (_node("MatMul", "w", "x"), ROWS, _weights(2, 4, 3)),
    "matmul_vector": (_node("MatMul", "x", "w"), ROWS, _weights(8)),
    "softmax_over_channels": (_node("Softmax", "x", axis=1), IMAGE, {}),
    "log_softmax": (_node("LogSoftmax", "x", axis=1), ROWS, {}),
    "layer_norm_over_two_axes": (_node("LayerNormalization", "x", "w", axis=2), IMAGE,
                                 _weights(7, 6)),
    "prelu_per_channel": (_node("PRelu", "x", "w"), IMAGE, _weights(4, 1, 1)),
    "expand": (_node("Expand", "x", "s"), ROWS[:, :1], {"s": np.array([2, 3, 4])}),
    "tile": (_node("Tile", "x", "s"), ROWS, {"s": np.array([2, 3])}),
    "gather_negative": (_node("Gather", "x", "s", axis=1), ROWS, {"s": np.array([-1, 0, 3])}),
    "pad_negative": (_node("Pad", "x", "s"), ROWS, {"s": np.array([1, -2, 0, 3])}),
    "where_constant": (_node("Where", "m", "x", "w"), ROWS,
                       {"m": ROWS > 0.3, **_weights(8)}),
    "pow_3": (_node("Pow", "x", "p"), ROWS, {"p": np.float32(3.0)}),
    "div_by_scalar": (_node("Div", "x", "p"), ROWS, {"p": np.float32(3.0)}),
}


@pytest.mark.parametrize("case", CASES)
def test_imported_node_equals_onnxruntime(case: str) -> None:
    node, x, constants = CASES[case]
    _check(_model([node], x, constants), x)


@pytest.mark.parametrize(("kernel", "pads", "op"), [
    ([7, 6], [0, 0, 0, 0], "mean"), ([7, 6], [1, 0, 0, 0], "average_pool2d"),
    ([7, 5], [0, 0, 0, 0], "average_pool2d")])
def test_an_average_over_the_whole_image_is_a_mean(kernel: list[int], pads: list[int], op: str
                                                   ) -> None:
    model = _model([_node("AveragePool", "x", kernel_shape=kernel, pads=pads, strides=[7, 6])],
                   IMAGE)
    _check(model, IMAGE)
    assert [n.op for n in lower(as_ir(model)).nodes if n.op not in ("transpose", "reshape")] == [op]


def test_resize_of_a_signal_equals_onnxruntime() -> None:
    node = _node("Resize", "x", "", "", "s", mode="linear",
                 coordinate_transformation_mode="align_corners")
    _check(_model([node], SIGNAL, {"s": np.array([2, 4, 17])}), SIGNAL)


def test_batch_dimensions_of_two_activations_are_broadcast() -> None:
    x = RANDOM.standard_normal((2, 1, 3, 4)).astype(np.float32)
    nodes = [_node("Transpose", "x", output="t", perm=[1, 0, 3, 2]), _node("MatMul", "x", "t")]
    _check(_model(nodes, x), x)


def test_uint8_parameters_become_signed() -> None:
    nodes = [_node("QuantizeLinear", "x", "s", "z", output="q"),
             _node("DequantizeLinear", "q", "s", "z")]
    model = _model(nodes, ROWS, {"s": np.float32(0.02), "z": np.uint8(100)})
    _check(model, ROWS)
    graph = import_onnx(as_ir(model))
    assert graph.tensors["q"].quantization.zero_point.tolist() == [-28]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_quantized_graph_input_is_taken_as_it_is(dtype: type) -> None:
    x = RANDOM.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (3, 8)).astype(dtype)
    nodes = [_node("DequantizeLinear", "x", "s", "z", output="d"), _node("Sigmoid", "d")]
    _check(_model(nodes, x, {"s": np.float32(0.02), "z": dtype(3)}), x)


def test_uint8_that_enters_and_leaves_is_shifted_by_a_table() -> None:
    nodes = [_node("DequantizeLinear", "x", "s", "z", output="d"),
             _node("Sigmoid", "d", output="a"), _node("QuantizeLinear", "a", "t", "z", output="b"),
             _node("Flatten", "b")]
    x = RANDOM.integers(0, 256, (3, 8)).astype(np.uint8)
    model = _model(nodes, x, {"s": np.float32(0.02), "t": np.float32(0.004), "z": np.uint8(3)},
                   TensorProto.UINT8)
    _check(model, x)
    graph = lower(as_ir(model))
    assert [n.op for n in graph.nodes if n.op != "reshape"] == ["lut", "lut", "lut"]
    ends = [graph.tensors[name] for name in (*graph.inputs, *graph.outputs)]
    assert [(t.dtype, t.quantization.zero_point.tolist()) for t in ends] == [("u8", [3])] * 2


def test_uint8_weights_with_zero_point_128_run_in_int8() -> None:
    q = np.random.default_rng(2).integers(1, 256, (8, 5)).astype(np.uint8)
    nodes = [_node("QuantizeLinear", "x", "s", "z", output="q"),
             _node("DequantizeLinear", "q", "s", "z", output="d"),
             _node("DequantizeLinear", "w", "ws", "wz", output="wd"),
             _node("MatMul", "d", "wd", output="m"),
             _node("QuantizeLinear", "m", "s", "z", output="mq"),
             _node("DequantizeLinear", "mq", "s", "z")]
    constants = {"s": np.float32(0.05), "z": np.uint8(120), "w": q, "ws": np.float32(0.01),
                 "wz": np.uint8(128)}
    graph = lower(as_ir(_model(nodes, ROWS, constants)))
    assert [n.op for n in graph.nodes] == ["quantize", "fully_connected", "dequantize"]


def test_quantize_nodes_of_onnxruntimes_own_domain_are_imported() -> None:
    nodes = [_node("QuantizeLinear", "x", "s", "z", output="q", domain="com.microsoft"),
             _node("DequantizeLinear", "q", "s", "z", domain="com.microsoft")]
    model = _model(nodes, ROWS, {"s": np.float32(0.02), "z": np.int8(5)})
    assert [n.op for n in import_onnx(as_ir(model)).nodes] == ["quantize", "dequantize"]


def test_unsupported_nodes_are_listed_all_at_once() -> None:
    nodes = [_node("Det", "x", output="a"), _node("Relu", "x", output="b"),
             _node("MyOp", "b", output="c", domain="acme"), _node("Sin", "c")]
    with pytest.raises(UnsupportedOps) as error:
        import_onnx(as_ir(_model(nodes, ROWS)))
    assert error.value.nodes == (("node_a", "Det"), ("node_c", "acme::MyOp"), ("node_y", "Sin"))


def test_nodes_that_are_refused_for_what_they_do_are_listed_with_the_reason() -> None:
    nodes = [_node("Pad", "x", "p", output="a", mode="reflect"),
             _node("MaxPool", "x", output="b", kernel_shape=[2, 2], dilations=[2, 2],
                   pads=[1, 1, 1, 1]),
             _node("Add", "a", "b")]
    with pytest.raises(UnsupportedOps) as error:
        import_onnx(as_ir(_model(nodes, IMAGE, {"p": np.zeros(8, np.int64)})))
    assert [name for name, _ in error.value.nodes] == ["node_a", "node_b"]
    assert "pads by 'reflect'; only a constant is supported" in str(error.value)


def test_16_bit_activations_are_refused() -> None:
    nodes = [_node("QuantizeLinear", "x", "s", "z", output="q"),
             _node("DequantizeLinear", "q", "s", "z")]
    model = _model(nodes, ROWS, {"s": np.float32(0.02), "z": np.int16(0)})
    model.opset_import[0].version = 21
    with pytest.raises(UnsupportedOps, match="'z' has type INT16; supported are FLOAT"):
        import_onnx(as_ir(model))


def test_weights_that_are_not_constant_are_refused() -> None:
    with pytest.raises(UnsupportedOps, match="its weights are not constant"):
        import_onnx(as_ir(_model([_node("Conv", "x", "x")], IMAGE[:, :, :4, :4])))


def test_data_dependent_shape_is_a_model_error() -> None:
    with pytest.raises(ModelError):
        import_onnx(as_ir(_model([_node("NonZero", "x")], ROWS, output=TensorProto.INT64)))


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_scale_that_is_not_a_positive_number_is_refused(scale: float) -> None:
    nodes = [_node("QuantizeLinear", "x", "s", "z", output="q"),
             _node("DequantizeLinear", "q", "s", "z")]
    model = _model(nodes, ROWS, {"s": np.float32(scale), "z": np.int8(0)})
    with pytest.raises(EdgecError, match="scale that is not a positive number"):
        import_onnx(as_ir(model))


def test_import_leaves_the_model_alone() -> None:
    model = as_ir(_model([_node("Relu", "x")], ROWS))
    before = onnx.ModelProto()
    before.CopyFrom(_model([_node("Relu", "x")], ROWS))
    import_onnx(model)
    assert [n.op_type for n in model.graph] == ["Relu"]


def test_inputs_outputs_and_node_names_are_those_of_the_model() -> None:
    graph = lower(as_ir(_model([_node("Conv", "x", "w", output="c"), _node("Relu", "c")], IMAGE,
                               _weights(3, 4, 3, 3))))
    assert (graph.inputs, graph.outputs) == (("x",), ("y",))
    assert graph.tensors["x"].shape == IMAGE.shape
    assert "node_c" in [n.name for n in graph.nodes]
