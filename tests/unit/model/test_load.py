"""Loading: one normal form out, one clear error for everything that can be wrong with the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgec.errors import ModelError
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.model.onnxruntime import run_onnx
from tests.unit.model import nets


def relu_proto(shape=("N", 3), opset: int = 17, **extra) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], **extra)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def written(path: Path, proto: onnx.ModelProto) -> Path:
    path.write_bytes(proto.SerializeToString())
    return path


def make_encoder():
    return nets.module("Encoder"), nets.example("Encoder")


def make_nothing():
    return None


def make_unexportable():
    import torch

    class DataDependent(torch.nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    return DataDependent(), (torch.ones(2),)


def test_callable_spec_gives_static_folded_graph_with_names_of_the_module():
    model = load_model(f"{__name__}:make_encoder")
    assert [value.name for value in model.graph.inputs] == ["input_ids", "attention_mask"]
    assert [value.name for value in model.graph.outputs] == ["output"]
    ops = {node.op_type for node in model.graph}
    assert not ops & {"Constant", "Identity", "Dropout", "Shape", "CastLike", "SplitToSequence"}
    assert "up.weight.transposed" in model.graph.initializers
    names = [node.name for node in model.graph]
    assert all(names)
    assert len(set(names)) == len(names)
    for node in model.graph:
        assert all(isinstance(dim, int) for value in node.outputs for dim in value.shape)


def test_export_keeps_batch_normalization_and_leaves_the_module_as_it_was():
    module = nets.module("ResNet").train()
    from edgec.model.torch_export import export_module

    model = export_module(module, nets.example("ResNet"))
    assert sum(node.op_type == "BatchNormalization" for node in model.graph) == 4
    assert module.training


@pytest.mark.parametrize(("spec", "text"), [
    ("no_such_package.module:make", "cannot import the module 'no_such_package.module'"),
    (f"{__name__}:make_missing", "has no callable 'make_missing'. It has: .*make_encoder"),
    (f"{__name__}:make_nothing", "returned NoneType. It must return a torch.nn.Module and a tuple"),
    (f"{__name__}:relu_proto", "returned ModelProto. It must return"),
    (f"{__name__}:written", "could not be called without arguments"),
    (f"{__name__}:make_unexportable", "torch cannot export"),
])
def test_bad_callables_are_refused(spec, text):
    with pytest.raises(ModelError, match=text):
        load_model(spec)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"there is no model file .*gone\.onnx"):
        load_model(tmp_path / "gone.onnx")


@pytest.mark.parametrize(("content", "text"), [
    (b"", "is empty"),
    (b"# a readme\nwith some words\n", "is a text file"),
    (b"\x08\x08", "holds no graph"),
    (b"\x00\xff\xfe\x00garbage", "not an ONNX file, or a truncated one"),
])
def test_files_that_are_not_models_are_refused(tmp_path, content, text):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=text):
        load_model(path)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"holds no saved_model\.pb"):
        load_model(tmp_path)


def test_every_truncation_of_a_file_is_refused_or_is_a_whole_model(tmp_path):
    save_model(nets.exported("DsCnn"), tmp_path / "whole.onnx")
    data = (tmp_path / "whole.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    refused = 0
    for length in range(1, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:length])
        try:
            load_model(path)
        except ModelError:
            refused += 1
    assert refused >= 59


def test_invalid_graph_is_refused_with_the_checker_s_words(tmp_path):
    proto = relu_proto()
    proto.graph.node[0].input[0] = "nowhere"
    with pytest.raises(ModelError, match=r"is not a valid ONNX model: .*nowhere"):
        load_model(written(tmp_path / "m.onnx", proto))


def test_symbolic_batch_becomes_one_and_other_symbols_need_a_shape(tmp_path):
    path = written(tmp_path / "m.onnx", relu_proto(("N", "L", 4)))
    with pytest.raises(ModelError, match=r"input 'x' has the shape \[N, L, 4\]; dimension 1 is not "
                                         r"known. Give the shape: --shape x=1,128,64"):
        load_model(path)
    model = load_model(path, {"x": (1, 9, 4)})
    assert tuple(model.graph.outputs[0].shape) == (1, 9, 4)
    path = written(tmp_path / "n.onnx", relu_proto(("N", 4)))
    assert tuple(load_model(path).graph.inputs[0].shape) == (1, 4)


@pytest.mark.parametrize(("shapes", "text"), [
    ({"z": (1, 3)}, "no input 'z', for which a shape was given. Its inputs are: x"),
    ({"x": (1, 3, 3)}, "has 3 dimensions; the model has 2"),
    ({"x": (1, 4)}, "has 4 where the model has 3"),
    ({"x": (0, 3)}, "dimension below 1"),
])
def test_shapes_that_do_not_fit_are_refused(tmp_path, shapes, text):
    path = written(tmp_path / "m.onnx", relu_proto())
    with pytest.raises(ModelError, match=text):
        load_model(path, shapes)


def test_a_symbol_given_for_one_input_holds_for_the_others(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["y"])], "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", "L"]) for n in "ab"],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "L"])])
    path = written(tmp_path / "m.onnx", helper.make_model(graph))
    model = load_model(path, {"a": (2, 5)})
    assert tuple(model.graph.inputs[1].shape) == (2, 5)
    assert tuple(model.graph.outputs[0].shape) == (2, 5)


def test_data_dependent_shape_is_refused_by_the_node_s_name(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("NonZero", ["x"], ["y"], name="where_not_zero")], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, [2, "n"])])
    with pytest.raises(ModelError, match="made by node 'where_not_zero' \\(NonZero\\)"):
        load_model(written(tmp_path / "m.onnx", helper.make_model(graph)))


def test_old_opset_is_converted_and_computes_the_same(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Unsqueeze", ["x"], ["u"], axes=[0]),
         helper.make_node("ReduceSum", ["u"], ["s"], axes=[2], keepdims=0),
         helper.make_node("Softmax", ["s"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    model = load_model(written(tmp_path / "m.onnx", proto))
    assert model.opset_imports[""] == 17
    x = np.arange(12, dtype=np.float32).reshape(3, 4) / 10
    e = np.exp(x.sum(1) - x.sum(1).max())
    np.testing.assert_allclose(run_onnx(model, {"x": x})["y"][0], e / e.sum(), rtol=1e-6)


def test_opset_of_the_future_is_refused(tmp_path):
    proto = relu_proto()
    proto.opset_import[0].version = 999
    with pytest.raises(ModelError):
        load_model(written(tmp_path / "m.onnx", proto))


def external(tmp_path: Path, location: str, offset: int = 0, length: int = 12) -> Path:
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3],
                         data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        weight.external_data.add(key=key, value=str(value))
    proto = relu_proto(initializer=[weight])
    proto.graph.node.add(op_type="Add", input=["y", "w"], output=["z"], name="add")
    proto.graph.output[0].name = "z"
    (tmp_path / "m").mkdir()
    return written(tmp_path / "m" / "m.onnx", proto)


def test_external_data_beside_the_model_is_read(tmp_path):
    path = external(tmp_path, "weights.bin", offset=4)
    (path.parent / "weights.bin").write_bytes(np.float32([9, 1, 2, 3]).tobytes())
    model = load_model(path)
    (path.parent / "weights.bin").unlink()
    np.testing.assert_array_equal(run_onnx(model, {"x": np.zeros((1, 3), np.float32)})["z"],
                                  [[1, 2, 3]])


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "link.bin", "", "a\0b"])
def test_external_data_outside_the_folder_is_refused(tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(bytes(64))
    path = external(tmp_path, location)
    (path.parent / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(ModelError, match="which is outside the model's folder"):
        load_model(path)


@pytest.mark.parametrize(("offset", "length"), [(0, 13), (4, 12), (-4, 4), (0, -12), (2**70, 1)])
def test_external_data_beyond_its_file_is_refused(tmp_path, offset, length):
    path = external(tmp_path, "weights.bin", offset, length)
    (path.parent / "weights.bin").write_bytes(bytes(12))
    with pytest.raises(ModelError, match="tensor 'w' lies at bytes"):
        load_model(path)


def test_missing_external_data_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"data file 'weights\.bin' of tensor 'w' is missing"):
        load_model(external(tmp_path, "weights.bin"))


def test_external_data_of_the_wrong_size_is_refused(tmp_path):
    path = external(tmp_path, "weights.bin", 0, 8)
    (path.parent / "weights.bin").write_bytes(bytes(12))
    with pytest.raises(ModelError, match="not a valid ONNX model"):
        load_model(path)


def test_saved_model_loads_and_computes_the_same(tmp_path):
    model = nets.exported("Autoencoder")
    save_model(model, tmp_path / "m.onnx")
    x = {"x": nets.example("Autoencoder")[0].numpy()}
    np.testing.assert_array_equal(run_onnx(load_model(tmp_path / "m.onnx"), x)["output"],
                                  run_onnx(model, x)["output"])


def test_saving_over_a_model_that_cannot_be_replaced_changes_nothing(tmp_path):
    model = nets.exported("DsCnn")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelError, match=r"cannot write the model to .*Nothing was changed"):
        save_model(model, tmp_path / "folder")
    with pytest.raises(ModelError, match="cannot write the model to"):
        save_model(model, tmp_path / "absent" / "m.onnx")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_functions_of_the_model_are_inlined(tmp_path):
    function = helper.make_function(
        "mine", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 17)])
    proto = relu_proto()
    proto.functions.append(function)
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    proto.graph.node.append(helper.make_node("Twice", ["y"], ["z"], domain="mine"))
    proto.graph.output[0].name = "z"
    model = load_model(written(tmp_path / "m.onnx", proto))
    assert [node.op_type for node in model.graph] == ["Relu", "Add"]


def test_loading_does_not_change_the_caller_s_model():
    from edgec.model.load import normalize

    source = ir.serde.deserialize_model(relu_proto(initializer=[
        numpy_helper.from_array(np.zeros(3, np.float32), "unused")]))
    before = ir.serde.serialize_model(source).SerializeToString()
    normalize(source)
    assert ir.serde.serialize_model(source).SerializeToString() == before


def test_mutated_files_are_refused_or_load_but_never_crash(tmp_path):
    save_model(nets.exported("DsCnn"), tmp_path / "whole.onnx")
    data, rng = (tmp_path / "whole.onnx").read_bytes(), np.random.default_rng(0)
    path, refused = tmp_path / "mutated.onnx", 0
    for _ in range(150):
        mutated = bytearray(data)
        for index in rng.integers(0, len(data), rng.integers(1, 12)):
            mutated[index] = rng.integers(0, 256)
        path.write_bytes(mutated)
        try:
            load_model(path)
        except ModelError:
            refused += 1
    assert 20 < refused < 150
