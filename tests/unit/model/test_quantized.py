"""Quantized graphs in the torch executor: ONNX Runtime's values, straight-through gradients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from edgec.model.execute import TorchGraph
from edgec.model.load import load_model, normalize
from edgec.model.onnx_file import save_model
from edgec.model.onnxruntime import run_onnx
from edgec.model.rewrite import rewrite
from tests.unit.model import nets


def qdq_model(zero_point: int = 3) -> ir.Model:
    """y = DequantizeLinear(QuantizeLinear(x))."""
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="quantize"),
             helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], name="dequantize")]
    graph = helper.make_graph(
        nodes, "qdq", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64]),
         helper.make_tensor_value_info("q", TensorProto.INT8, [1, 64])],
        [helper.make_tensor("s", TensorProto.FLOAT, [], [0.05]),
         helper.make_tensor("z", TensorProto.INT8, [], [zero_point])])
    return normalize(ir.serde.deserialize_model(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)])))


def test_quantize_dequantize_equals_onnxruntime_exactly_and_the_integers_are_integers():
    model = qdq_model()
    x = torch.linspace(-9.0, 9.0, 64).reshape(1, 64)
    expected = run_onnx(model, {"x": x.numpy()})
    y, q = TorchGraph(model)(x)
    assert q.dtype == torch.int8
    np.testing.assert_array_equal(q.numpy(), expected["q"])
    np.testing.assert_array_equal(y.detach().numpy(), expected["y"])


def test_quantize_passes_gradients_straight_through_inside_the_range_only():
    x = torch.linspace(-9.0, 9.0, 64).reshape(1, 64).requires_grad_()
    TorchGraph(qdq_model())(x)[0].sum().backward()
    level = torch.round(x.detach() / 0.05) + 3
    inside = ((level >= -128) & (level <= 127)).float()
    assert 0 < inside.sum() < 64
    torch.testing.assert_close(x.grad, inside)


def test_scale_has_the_gradient_of_learned_step_size_quantization():
    graph = TorchGraph(qdq_model(), trainable=["s"])
    x = torch.linspace(-9.0, 9.0, 64).reshape(1, 64)
    graph(x)[0].sum().backward()
    level = torch.round(x / 0.05)
    lsq = torch.where(level + 3 < -128, -131.0,
                      torch.where(level + 3 > 127, 124.0, level - x / 0.05))  # Esser, equation 3
    torch.testing.assert_close(graph.weights()["s"].grad, lsq.sum(), atol=1e-2, rtol=1e-4)


def test_per_channel_weights_quantized_in_the_graph_are_trained_through_the_rounding():
    weight = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    nodes = [helper.make_node("QuantizeLinear", ["w", "s", "z"], ["wq"], axis=0),
             helper.make_node("DequantizeLinear", ["wq", "s", "z"], ["wd"], axis=0),
             helper.make_node("Gemm", ["x", "wd"], ["y"], transB=1)]
    graph = helper.make_graph(
        nodes, "qat", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [onnx.numpy_helper.from_array(weight, "w"),
         onnx.numpy_helper.from_array(np.abs(weight).max(1) / np.float32(127), "s"),
         onnx.numpy_helper.from_array(np.zeros(4, np.int8), "z")])
    torch_graph = TorchGraph(normalize(ir.serde.deserialize_model(helper.make_model(graph))))
    assert set(torch_graph.weights()) == {"w"}
    torch_graph(torch.tensor([[1.0, 2.0, 3.0]]))[0].sum().backward()
    gradient = torch_graph.weights()["w"].grad
    torch.testing.assert_close(gradient, torch.tensor([[1.0, 2.0, 3.0]]).expand(4, 3))


class Examples(CalibrationDataReader):
    """Eight random inputs of a net."""

    def __init__(self, name: str) -> None:
        names = [str(value.name) for value in nets.exported(name).graph.inputs]
        self.batches = iter([dict(zip(names, (x.numpy() for x in nets.example(name, seed=seed)),
                                      strict=True)) for seed in range(8)])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.batches, None)


def quantized(folder: Path, name: str, kind: QuantType, contrib: bool) -> ir.Model:
    """The net, quantized by ONNX Runtime's own quantizer."""
    save_model(rewrite(nets.exported(name), ["fold_batch_norm"]), folder / "float.onnx")
    quantize_static(folder / "float.onnx", folder / "int8.onnx", Examples(name),
                    quant_format=QuantFormat.QDQ, per_channel=True, activation_type=kind,
                    weight_type=QuantType.QInt8, extra_options={"UseQDQContribOps": contrib})
    return load_model(folder / "int8.onnx")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("contrib", [False, True])
@pytest.mark.parametrize(("name", "kind"), [
    ("MobileNet", QuantType.QInt8), ("ResNet", QuantType.QUInt8), ("DsCnn", QuantType.QInt16),
    ("Encoder", QuantType.QInt8)])
def test_models_of_onnxruntime_s_quantizer_load_and_compute_the_same(tmp_path, name, kind, contrib):
    model = quantized(tmp_path, name, kind, contrib)
    assert {node.domain for node in model.graph} == ({"", "com.microsoft"} if contrib else {""})
    graph, inputs = TorchGraph(model).eval(), nets.example(name, seed=99)
    feed = {key: x.numpy() for key, x in zip(graph.inputs, inputs, strict=True)}
    np.testing.assert_allclose(graph(*inputs)[0].detach().numpy(), run_onnx(model, feed)["output"],
                               atol=1e-6)
