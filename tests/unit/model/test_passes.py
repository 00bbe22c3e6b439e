"""Every pass keeps what the model computes and does what it says."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from edgec import registry
from edgec.errors import ModelError, UnknownName
from edgec.model.load import normalize
from edgec.model.onnxruntime import run_onnx
from edgec.model.rewrite import PASSES, rewrite
from edgec.model.torch_export import export_module
from tests.unit.model import nets

RNG = np.random.default_rng(0)


def ops(model: ir.Model) -> list[str]:
    return [node.op_type for node in model.graph]


def build(nodes, inputs, constants=(), opset: int = 17, outputs=("y",)) -> ir.Model:
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in dict(constants).items()])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return ir.serde.deserialize_model(proto)


def assert_same(before: ir.Model, after: ir.Model, tolerance: float = 1e-5) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        feed = {}
        for value in before.graph.inputs:
            dims = [int(dim) for dim in value.shape]
            feed[value.name] = (rng.integers(0, 2, dims) if value.dtype == ir.DataType.INT64
                                else rng.normal(size=dims).astype(np.float32))
        expected, got = run_onnx(before, feed), run_onnx(after, feed)
        assert expected.keys() == got.keys()
        for name, array in expected.items():
            np.testing.assert_allclose(got[name], array, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("name", registry.names(PASSES))
@pytest.mark.parametrize("net", nets.NAMES)
def test_pass_keeps_the_function_and_the_caller_s_model(name, net):
    model = nets.exported(net)
    before = ir.serde.serialize_model(model).SerializeToString()
    assert_same(model, rewrite(model, [name]))
    assert ir.serde.serialize_model(model).SerializeToString() == before


def test_unknown_pass_is_refused():
    with pytest.raises(UnknownName, match="no model pass named 'fold_batchnorm'; did you mean"):
        rewrite(nets.exported("DsCnn"), ["fold_batchnorm"])


@pytest.mark.parametrize("net", ["MobileNet", "ResNet", "DsCnn", "Autoencoder"])
def test_fold_batch_norm_leaves_none_after_convolutions(net):
    folded = rewrite(nets.exported(net), ["fold_batch_norm"])
    assert "BatchNormalization" in ops(nets.exported(net))
    assert "BatchNormalization" not in ops(folded)


@pytest.mark.parametrize("layer", [
    nn.Conv2d(4, 6, 3, groups=2), nn.ConvTranspose2d(4, 6, 3, groups=2, bias=False),
    nn.ConvTranspose2d(4, 6, 2, stride=2)])
def test_fold_batch_norm_scales_grouped_and_transposed_kernels(layer):
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(6)
    for tensor in (norm.weight, norm.bias, norm.running_var):
        nn.init.uniform_(tensor, 0.5, 2.0)
    model = normalize(export_module(nn.Sequential(layer, norm), (torch.randn(1, 4, 5, 5),)))
    folded = rewrite(model, ["fold_batch_norm"])
    assert ops(folded) == [type(layer).__name__.replace("2d", "")]
    assert_same(model, folded)


def gemm_norm(trans_b: int, **gemm) -> ir.Model:
    weight = RNG.normal(size=(5, 3) if trans_b else (3, 5)).astype(np.float32)
    constants = {"w": weight, "c": RNG.normal(size=5).astype(np.float32),
                 "s": np.float32([1, 2, 3, 4, 5]), "b": np.float32([5, 4, 3, 2, 1]),
                 "m": np.float32([1, 1, 2, 2, 3]), "v": np.float32([1, 4, 2, 1, 3])}
    return normalize(build(
        [helper.make_node("Gemm", ["x", "w", "c"], ["h"], transB=trans_b, **gemm),
         helper.make_node("BatchNormalization", ["h", "s", "b", "m", "v"], ["y"])],
        {"x": (2, 3)}, constants))


@pytest.mark.parametrize("trans_b", [0, 1])
def test_fold_batch_norm_folds_into_gemm_with_a_factor(trans_b):
    model = gemm_norm(trans_b, alpha=0.5)
    folded = rewrite(model, ["fold_batch_norm"])
    assert ops(folded) == ["Gemm"]
    assert_same(model, folded)


def test_fold_batch_norm_leaves_a_scaled_bias_alone():
    model = gemm_norm(1, beta=2.0)
    assert ops(rewrite(model, ["fold_batch_norm"])) == ["Gemm", "BatchNormalization"]


def test_fold_batch_norm_keeps_a_layer_whose_result_others_read():
    constants = {"w": RNG.normal(size=(2, 2, 1, 1)).astype(np.float32), "s": np.float32([1, 2])}
    model = normalize(build(
        [helper.make_node("Conv", ["x", "w"], ["h"], name="conv"),
         helper.make_node("BatchNormalization", ["h", "s", "s", "s", "s"], ["n"], name="norm"),
         helper.make_node("Add", ["h", "n"], ["y"], name="add")], {"x": (1, 2, 3, 3)}, constants))
    assert ops(rewrite(model, ["fold_batch_norm"])) == ["Conv", "BatchNormalization", "Add"]


def test_fold_batch_norm_does_not_change_a_weight_that_another_layer_shares():
    constants = {"w": RNG.normal(size=(2, 2, 1, 1)).astype(np.float32), "s": np.float32([1, 2])}
    model = normalize(build(
        [helper.make_node("Conv", ["x", "w"], ["a"], name="first"),
         helper.make_node("BatchNormalization", ["a", "s", "s", "s", "s"], ["b"], name="norm"),
         helper.make_node("Conv", ["b", "w"], ["y"], name="second")], {"x": (1, 2, 3, 3)},
        constants))
    folded = rewrite(model, ["fold_batch_norm"])
    assert ops(folded) == ["Conv", "Conv"]
    assert_same(model, folded)


def layer_norm_nodes(reciprocal: bool, square: str) -> list:
    nodes = [helper.make_node("ReduceMean", ["x"], ["m"], axes=[-1]),
             helper.make_node("Sub", ["x", "m"], ["d"])]
    nodes.append(helper.make_node("Pow", ["d", "two"], ["p"]) if square == "Pow"
                 else helper.make_node("Mul", ["d", "d"], ["p"]))
    nodes += [helper.make_node("ReduceMean", ["p"], ["v"], axes=[-1]),
              helper.make_node("Add", ["v", "eps"], ["e"]), helper.make_node("Sqrt", ["e"], ["r"])]
    if reciprocal:
        nodes += [helper.make_node("Reciprocal", ["r"], ["i"]),
                  helper.make_node("Mul", ["i", "d"], ["n"])]
    else:
        nodes.append(helper.make_node("Div", ["d", "r"], ["n"]))
    return nodes


LAYER_NORM = {"two": np.float32(2), "eps": np.float32(1e-3), "g": np.float32([1, 2, 3, 4]),
              "b": np.float32([4, 3, 2, 1])}


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("reciprocal", [False, True])
@pytest.mark.parametrize("square", ["Pow", "Mul"])
def test_fuse_layer_norm_finds_the_spelled_out_forms(opset, reciprocal, square):
    nodes = [*layer_norm_nodes(reciprocal, square), helper.make_node("Mul", ["n", "g"], ["s"]),
             helper.make_node("Add", ["s", "b"], ["y"])]
    model = normalize(build(nodes, {"x": (2, 3, 4)}, LAYER_NORM, opset))
    fused = rewrite(model, ["fuse_layer_norm"])
    assert ops(fused) == ["LayerNormalization"]
    assert_same(model, fused)


def test_fuse_layer_norm_without_scale_makes_one():
    nodes = [*layer_norm_nodes(False, "Pow"), helper.make_node("Relu", ["n"], ["y"])]
    model = normalize(build(nodes, {"x": (2, 3, 4)}, LAYER_NORM))
    fused = rewrite(model, ["fuse_layer_norm"])
    assert ops(fused) == ["LayerNormalization", "Relu"]
    assert_same(model, fused)


def test_fuse_layer_norm_leaves_other_axes_alone():
    nodes = layer_norm_nodes(False, "Pow")
    for node in nodes:
        if node.op_type == "ReduceMean":
            node.attribute[0].ints[0] = 1
    nodes[-1].output[0] = "y"
    model = normalize(build(nodes, {"x": (2, 3, 4)}, LAYER_NORM))
    assert "LayerNormalization" not in ops(rewrite(model, ["fuse_layer_norm"]))


GELU = {"root": np.float32(np.sqrt(2)), "inverse": np.float32(np.sqrt(0.5)),
        "one": np.float32(1), "half": np.float32(0.5)}


@pytest.mark.parametrize("opset", [13, 20])
@pytest.mark.parametrize("inner", [("Div", "root"), ("Mul", "inverse")])
@pytest.mark.parametrize("order", ["x then half", "half then x", "half of x"])
def test_fuse_gelu_finds_the_spelled_out_forms(opset, inner, order):
    nodes = [helper.make_node(inner[0], ["x", inner[1]], ["d"]),
             helper.make_node("Erf", ["d"], ["e"]), helper.make_node("Add", ["e", "one"], ["a"])]
    if order == "half of x":
        nodes += [helper.make_node("Mul", ["x", "half"], ["h"]),
                  helper.make_node("Mul", ["h", "a"], ["y"])]
    else:
        first, second = ("x", "half") if order == "x then half" else ("half", "x")
        nodes += [helper.make_node("Mul", [first, "a"], ["h"]),
                  helper.make_node("Mul", ["h", second], ["y"])]
    model = normalize(build(nodes, {"x": (2, 5)}, GELU, opset))
    fused = rewrite(model, ["fuse_gelu"])
    assert ops(fused) == ["Gelu"]
    assert_same(model, fused)


def test_fuse_gelu_leaves_another_constant_alone():
    nodes = [helper.make_node("Div", ["x", "root"], ["d"]), helper.make_node("Erf", ["d"], ["e"]),
             helper.make_node("Add", ["e", "one"], ["a"]),
             helper.make_node("Mul", ["x", "a"], ["h"]),
             helper.make_node("Mul", ["h", "one"], ["y"])]
    model = normalize(build(nodes, {"x": (2, 5)}, GELU, 20))
    assert "Gelu" not in ops(rewrite(model, ["fuse_gelu"]))


def test_fold_constants_keeps_quantized_weights_as_they_are_stored():
    constants = {"w": np.int8([[1, 2], [3, 4]]), "s": np.float32(0.5), "z": np.int8(0)}
    model = normalize(build(
        [helper.make_node("DequantizeLinear", ["w", "s", "z"], ["d"]),
         helper.make_node("MatMul", ["x", "d"], ["y"])], {"x": (1, 2)}, constants))
    assert ops(model) == ["DequantizeLinear", "MatMul"]
    assert model.graph.initializers["w"].dtype == ir.DataType.INT8


def test_fold_constants_leaves_a_constant_that_would_be_huge():
    model = normalize(build(
        [helper.make_node("ConstantOfShape", ["shape"], ["c"]),
         helper.make_node("ReduceMax", ["c"], ["m"], keepdims=0),
         helper.make_node("Add", ["x", "m"], ["y"])], {"x": (1, 2)},
        {"shape": np.int64([2**20, 2**20])}))
    assert ops(model) == ["ConstantOfShape", "ReduceMax", "Add"]


def test_fold_constants_follows_shapes_through_arithmetic():
    model = normalize(build(
        [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Gather", ["s", "i"], ["n"]),
         helper.make_node("Mul", ["n", "n"], ["q"]), helper.make_node("Concat", ["q", "i"], ["t"],
                                                                      axis=0),
         helper.make_node("Reshape", ["x", "t"], ["y"])], {"x": (2, 2)},
        {"i": np.int64([1])}))
    assert ops(model) == ["Reshape"]
    assert tuple(model.graph.outputs[0].shape) == (4, 1)


def test_remove_identities_joins_neighbours_and_keeps_output_names():
    model = normalize(build(
        [helper.make_node("Identity", ["x"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
         helper.make_node("Dropout", ["b"], ["c"]), helper.make_node("Cast", ["c"], ["d"], to=1),
         helper.make_node("Transpose", ["d"], ["e"], perm=[0, 1]),
         helper.make_node("Identity", ["e"], ["y"])], {"x": (1, 2)}))
    assert ops(model) == ["Relu"]
    assert model.graph.outputs[0].name == "y"


def test_remove_identities_keeps_one_that_joins_input_to_output():
    model = normalize(build([helper.make_node("Identity", ["x"], ["y"])], {"x": (1, 2)}))
    assert ops(model) == ["Identity"]


def test_remove_sequences_turns_split_and_stack_into_tensor_ops():
    class Stacked(nn.Module):
        def forward(self, x):
            a, b = x.split([2, 3], 1)
            c, d = x[:, :4].chunk(2, 1)
            return torch.stack([a, c, d], 1), b

    model = normalize(export_module(Stacked(), (torch.randn(2, 5),)))
    assert not [op for op in ops(model) if "Sequence" in op]
    x = np.arange(10, dtype=np.float32).reshape(2, 5)
    got = run_onnx(model, {"x": x})
    np.testing.assert_array_equal(got["output_0"], np.stack([x[:, :2], x[:, :2], x[:, 2:4]], 1))
    np.testing.assert_array_equal(got["output_1"], x[:, 2:])


def test_infer_shapes_names_a_contradiction():
    model = build([helper.make_node("Add", ["x", "c"], ["y"])], {"x": (1, 2)},
                  {"c": np.zeros(3, np.float32)})
    with pytest.raises(ModelError, match="the shapes in the model do not fit together"):
        normalize(model)
