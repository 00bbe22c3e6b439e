"""Costs on paper, against what can be counted by hand or by torch."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from edgec.errors import ModelError
from edgec.model.inspect import inspect_model
from edgec.model.load import normalize
from edgec.model.rewrite import rewrite
from edgec.model.torch_export import export_module
from tests.unit.model import nets


@pytest.mark.parametrize(("layer", "shape", "macs"), [
    (nn.Conv2d(4, 6, 3, groups=2), (1, 4, 8, 8), 6 * 6 * 6 * 2 * 9),
    (nn.ConvTranspose2d(4, 6, 3), (1, 4, 8, 8), 4 * 8 * 8 * 6 * 9),
    (nn.Linear(7, 5), (3, 7), 3 * 7 * 5),
    (nn.Linear(7, 5), (2, 3, 7), 2 * 3 * 7 * 5),
    (nn.ReLU(), (3, 7), 0),
])
def test_macs_and_parameters_of_a_layer(layer, shape, macs):
    summary = inspect_model(normalize(export_module(layer, (torch.randn(shape),))))
    count = sum(p.numel() for p in layer.parameters())
    assert (summary.macs, summary.parameters, summary.weight_bytes) == (macs, count, 4 * count)


def test_flops_of_networks_are_what_torch_counts():
    from torch.utils.flop_counter import FlopCounterMode

    for name in ("MobileNet", "ResNet", "DsCnn"):
        with FlopCounterMode(display=False) as counter:
            nets.module(name)(*nets.example(name))
        assert 2 * inspect_model(nets.exported(name)).macs == counter.get_total_flops()


def test_summary_names_nodes_inputs_and_outputs():
    summary = inspect_model(nets.exported("MobileNet"))
    assert [(v.name, v.dtype, v.shape) for v in summary.inputs] == [("image", "FLOAT",
                                                                     (1, 3, 32, 32))]
    assert [(v.name, v.shape) for v in summary.outputs] == [("output", (1, 5))]
    assert summary.nodes[0].op == "Conv"
    assert summary.nodes[0].shape == (1, 8, 16, 16)
    assert summary.macs == sum(node.macs for node in summary.nodes)


def quantized() -> ir.Model:
    """The same int8 weight for two layers, and a quantized activation between them."""
    nodes = [helper.make_node("DequantizeLinear", ["w", "s", "z"], ["wd"], name="weight"),
             helper.make_node("MatMul", ["x", "wd"], ["a"], name="first"),
             helper.make_node("QuantizeLinear", ["a", "s", "z"], ["q"], name="quantize"),
             helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"], name="dequantize"),
             helper.make_node("MatMul", ["d", "wd"], ["y"], name="second")]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(np.ones((4, 4), np.int8), "w"),
         numpy_helper.from_array(np.float32(0.1), "s"), numpy_helper.from_array(np.int8(0), "z")])
    return normalize(ir.serde.deserialize_model(helper.make_model(graph)))


def test_quantized_weight_counts_once_for_the_first_layer_that_computes_with_it():
    rows = {node.name: node for node in inspect_model(quantized()).nodes}
    assert (rows["first"].parameters, rows["first"].weight_bytes) == (16, 16 + 4 + 1)
    assert all(rows[name].parameters == 0 for name in ("weight", "second", "quantize"))
    assert rows["first"].macs == rows["second"].macs == 16


def test_folding_batch_norm_lowers_parameters_and_keeps_macs():
    model = nets.exported("ResNet")
    before, after = inspect_model(model), inspect_model(rewrite(model, ["fold_batch_norm"]))
    assert after.macs == before.macs
    assert after.parameters < before.parameters


def test_model_without_shapes_is_refused():
    model = nets.exported("ResNet").clone()
    next(iter(model.graph)).outputs[0].shape = None
    with pytest.raises(ModelError, match=r"the shape of .* is not known. Load the model with"):
        inspect_model(model)
