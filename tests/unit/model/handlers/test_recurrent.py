"""Recurrent layers in all directions against ONNX Runtime; ONNX's own cases have only forward."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from edgec.model.execute import TorchGraph
from edgec.model.load import normalize
from edgec.model.onnxruntime import run_onnx

TIME, BATCH, INPUTS, UNITS = 5, 2, 3, 4


def layer(op: str, gates: int, direction: str, **attributes) -> ir.Model:
    rng, count = np.random.default_rng(0), 2 if direction == "bidirectional" else 1
    weights = {"W": (count, gates * UNITS, INPUTS), "R": (count, gates * UNITS, UNITS),
               "B": (count, 2 * gates * UNITS), "h": (count, BATCH, UNITS)}
    node = helper.make_node(op, ["x", "W", "R", "B", "", "h"], ["y", "last"], hidden_size=UNITS,
                            direction=direction, **attributes)
    graph = helper.make_graph(
        [node], op, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [TIME, BATCH, INPUTS])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y", "last")],
        [numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name)
         for name, shape in weights.items()])
    return normalize(ir.serde.deserialize_model(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)])))


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(("op", "gates", "attributes"), [
    ("RNN", 1, {}), ("LSTM", 4, {}), ("GRU", 3, {}), ("GRU", 3, {"linear_before_reset": 1})])
def test_recurrent_layer_equals_onnxruntime_and_passes_gradients(op, gates, attributes, direction):
    model = layer(op, gates, direction, **attributes)
    x = np.random.default_rng(1).normal(size=(TIME, BATCH, INPUTS)).astype(np.float32)
    graph, expected = TorchGraph(model), run_onnx(model, {"x": x})
    results = graph(torch.from_numpy(x))
    for own, name in zip(results, graph.outputs, strict=True):
        np.testing.assert_allclose(own.detach().numpy(), expected[name], atol=1e-5)
    results[0].sum().backward()
    assert set(graph.weights()) == {"W", "R", "B"}
    assert all(weight.grad.abs().sum() > 0 for weight in graph.weights().values())
