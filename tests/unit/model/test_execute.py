"""The torch executor against ONNX Runtime and against the torch module that was exported."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from edgec.errors import DataError, ModelError, UnsupportedOps
from edgec.model.execute import TorchGraph, trainable_weights
from edgec.model.onnxruntime import run_onnx
from tests.unit.model import nets


def arrays(graph: TorchGraph, inputs: tuple[torch.Tensor, ...]) -> dict[str, np.ndarray]:
    return {name: x.numpy() for name, x in zip(graph.inputs, inputs, strict=True)}


@pytest.mark.parametrize("name", nets.NAMES)
def test_executor_of_exported_module_equals_onnxruntime(name):
    graph, inputs = TorchGraph(nets.exported(name)).eval(), nets.example(name, seed=3)
    expected = run_onnx(nets.exported(name), arrays(graph, inputs))
    for own, output in zip(graph(*inputs), graph.outputs, strict=True):
        np.testing.assert_allclose(own.detach().numpy(), expected[output], atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("name", nets.NAMES)
def test_every_inner_value_of_the_executor_equals_onnxruntime(name):
    model = nets.exported(name)
    graph, inputs = TorchGraph(model).eval(), nets.example(name, seed=4)
    names = [str(value.name) for node in model.graph for value in node.outputs]
    expected = run_onnx(model, arrays(graph, inputs), names)
    own = graph.values(dict(zip(graph.inputs, inputs, strict=True)), names)
    for value in names:
        np.testing.assert_allclose(own[value].detach().numpy(), expected[value], atol=5e-6,
                                   rtol=1e-5, err_msg=value)


@pytest.mark.parametrize("name", nets.NAMES)
def test_gradients_of_all_weights_equal_those_of_the_exported_module(name):
    module, graph = nets.module(name), TorchGraph(nets.exported(name)).eval()
    inputs = nets.example(name, seed=5)
    target = torch.randn_like(module(*inputs))
    ((module(*inputs) - target) ** 2).sum().backward()
    ((graph(*inputs)[0] - target) ** 2).sum().backward()
    weights = graph.weights()
    for key, parameter in module.named_parameters():
        if key == "places.weight":  # a constant slice of it is what the graph holds
            continue
        own = weights[key].grad if key in weights else weights[f"{key}.transposed"].grad.T
        torch.testing.assert_close(own, parameter.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", nets.NAMES)
def test_a_larger_batch_than_the_exported_one_equals_the_module(name):
    module, inputs = nets.module(name), nets.example(name, batch=3, seed=6)
    own = TorchGraph(nets.exported(name)).eval()(*inputs)[0]
    torch.testing.assert_close(own, module(*inputs), atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ["MobileNet", "ResNet"])
def test_training_mode_normalizes_by_the_batch_and_updates_running_statistics(name):
    module, graph = nets.module(name).train(), TorchGraph(nets.exported(name)).train()
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    inputs = nets.example(name, batch=4, seed=7)
    stem = module.stem(*inputs)
    batch_norm = next(n for n in nets.exported(name).graph if n.op_type == "BatchNormalization")
    value = str(batch_norm.outputs[0].name)
    own = graph.values({graph.inputs[0]: inputs[0]}, [value])[value]
    torch.testing.assert_close(own, stem, atol=1e-5, rtol=1e-5)
    trained = graph.to_model().graph.initializers
    for kind in ("running_mean", "running_var"):
        torch.testing.assert_close(
            torch.from_numpy(trained[f"stem.1.{kind}"].const_value.numpy()),
            module.get_buffer(f"stem.1.{kind}"))


def test_training_then_to_model_runs_the_same_in_onnxruntime_and_leaves_the_source_alone():
    model = nets.exported("MobileNet")
    before = {name: v.const_value.numpy().copy() for name, v in model.graph.initializers.items()}
    graph, inputs = TorchGraph(model).train(), nets.example("MobileNet", batch=8)
    optimizer = torch.optim.Adam(graph.parameters(), lr=0.02)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(graph(*inputs)[0], torch.arange(8) % 5)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    graph.eval()
    trained, one = graph.to_model(), nets.example("MobileNet", seed=9)
    result = run_onnx(trained, arrays(graph, one))["output"]
    np.testing.assert_allclose(graph(*one)[0].detach().numpy(), result, atol=1e-5, rtol=1e-5)
    for name, array in before.items():
        np.testing.assert_array_equal(model.graph.initializers[name].const_value.numpy(), array)


def test_trainable_weights_are_the_module_parameters_and_not_the_constants_of_formulas():
    model = nets.exported("Encoder")
    found = set(trainable_weights(model))
    floats = {name for name, v in model.graph.initializers.items()
              if v.const_value.dtype.is_floating_point()}
    assert {"words.weight", "qkv.bias", "norms.0.weight"} <= found
    assert all(model.graph.initializers[name].const_value.size == 1 for name in floats - found)


def test_unsupported_nodes_are_all_listed_in_one_error_by_name_and_op():
    nodes = [helper.make_node("StringNormalizer", ["x"], ["a"], name="first"),
             helper.make_node("Relu", ["y"], ["b"], name="fine"),
             helper.make_node("MaxPool", ["y"], ["c", "i"], name="pool", kernel_shape=[2, 2]),
             helper.make_node("Gadget", ["y"], ["d"], name="last", domain="acme")]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.STRING, [2]),
                     helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 4, 4])],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, None)])
    with pytest.raises(UnsupportedOps) as caught:
        TorchGraph(ir.serde.deserialize_model(helper.make_model(graph)))
    assert caught.value.nodes == (
        ("first", "StringNormalizer"),
        ("pool", "MaxPool (the second output (indices) is not computed)"),
        ("last", "acme::Gadget"))
    assert "does not support 3 node(s)" in str(caught.value)


def test_unknown_inputs_values_and_weights_are_named():
    model = nets.exported("DsCnn")
    graph = TorchGraph(model)
    with pytest.raises(DataError, match="the model takes: features"):
        graph(image=torch.zeros(1))
    with pytest.raises(ModelError, match="no value named nowhere"):
        graph.values({"features": torch.zeros(1, 1, 49, 10)}, ["nowhere"])
    with pytest.raises(ModelError, match="nothing"):
        TorchGraph(model, trainable=["nothing"])
