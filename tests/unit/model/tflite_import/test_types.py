"""How numbers are stored: 8 bits keep the file's integers, and what is not 8 bits wide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec import pipeline
from edgec.errors import UnsupportedOps
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower, placement
from edgec.model.load import load_model
from tests.unit.model.tflite_import.files import Op, T, constant, int32, write
from tests.unit.model.tflite_import.test_operators import agree, floats, litert

RANDOM = np.random.default_rng(3)
CONV = {"padding": 0, "strideH": 1, "strideW": 1, "fusedActivationFunction": 1}


def integers(*shape: int, dtype: type = np.int8) -> np.ndarray:
    limits = np.iinfo(dtype)
    return RANDOM.integers(max(limits.min, -127), limits.max + 1, shape).astype(dtype)


W, B = integers(3, 3, 3, 2), np.asarray([100, -7, 2**30], np.int32)
W_SCALE = (0.02, 0.013, 0.5)


def int8_conv(weights: T | None = None, activation: str = "int8") -> bytes:
    """x → conv → relu → y, per-channel weights unless others are given."""
    zero = 128 if activation == "uint8" else 0
    tensors = [T("x", (1, 5, 5, 2), activation, scale=[0.05], zero=[3 + zero]),
               weights or constant("w", W, scale=W_SCALE, zero=[0, 0, 0]),
               constant("b", B, scale=[np.float32(0.05) * np.float32(s) for s in W_SCALE]),
               T("y", (1, 5, 5, 3), activation, scale=[0.07], zero=[-10 + zero])]
    return write(tensors, [Op("CONV_2D", ["x", "w", "b"], ["y"], "Conv2DOptions", CONV)],
                 ["x"], ["y"])


def loaded(data: bytes, folder: Path) -> ir.Model:
    path = folder / "m.tflite"
    path.write_bytes(data)
    return load_model(path)


def test_int8_file_keeps_its_integers_scales_and_layout(tmp_path):
    model = loaded(int8_conv(), tmp_path)
    held = {name: v.const_value.numpy() for name, v in model.graph.initializers.items()}
    np.testing.assert_array_equal(held["w"], W.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(held["w/scale"], np.float32(W_SCALE))
    np.testing.assert_array_equal(held["b"], B)
    assert held["b"].dtype == np.int32
    assert (held["x/scale"], held["x/zero_point"]) == (np.float32(0.05), np.int8(3))
    assert [str(v.dtype) for v in (*model.graph.inputs, *model.graph.outputs)] == ["INT8", "INT8"]
    assert tuple(model.graph.outputs[0].shape) == (1, 5, 5, 3)


def test_int8_convolution_runs_in_int8_and_gives_xnnpack_s_bytes(tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    graph = lower(loaded(int8_conv(), tmp_path))
    assert [(p.op, p.runs) for p in placement(graph)] == [("conv2d", "int8")]
    x = integers(1, 5, 5, 2)
    theirs = Interpreter(model_path=str(tmp_path / "m.tflite"))
    theirs.allocate_tensors()
    theirs.set_tensor(theirs.get_input_details()[0]["index"], x)
    theirs.invoke()
    np.testing.assert_array_equal(interpret(graph, {"x": x})["y"],
                                  theirs.get_tensor(theirs.get_output_details()[0]["index"]))


def test_uint8_file_is_at_most_one_step_from_litert(tmp_path):
    weights = T("w", (3, 3, 3, 2), "uint8", (W.astype(np.int32) + 128).astype(np.uint8), [0.02],
                [128])
    tensors = [T("x", (1, 5, 5, 2), "uint8", scale=[0.05], zero=[131]), weights,
               constant("b", B[:3] // 2**20, scale=[0.05 * 0.02]),
               T("y", (1, 5, 5, 3), "uint8", scale=[0.07], zero=[118])]
    data = write(tensors, [Op("CONV_2D", ["x", "w", "b"], ["y"], "Conv2DOptions", CONV)],
                 ["x"], ["y"])
    agree(data, tmp_path, {"x": integers(1, 5, 5, 2, dtype=np.uint8)}, most=1)
    placed = placement(lower(load_model(tmp_path / "model.tflite")))
    assert ("conv2d", "int8") in [(p.op, p.runs) for p in placed]


@pytest.mark.parametrize("backend", ["native", "tflite"])
def test_uint8_file_runs_with_its_own_types_and_scales(backend, tmp_path):
    (tmp_path / "m.tflite").write_bytes(int8_conv(activation="uint8"))
    bundle, _ = pipeline.lower(str(tmp_path / "m.tflite"), tmp_path / "b", backend=backend,
                               target="generic_x86_64")
    assert [(p.dtype, p.scale, p.zero_point) for p in (*bundle.inputs, *bundle.outputs)] == [
        ("u8", np.float32(0.05), 131), ("u8", np.float32(0.07), 118)]
    x = integers(1, 5, 5, 2, dtype=np.uint8)
    signed = int8_conv()
    y, = litert(signed, {"x": (x.astype(np.int16) - 128).astype(np.int8)}).values()
    np.testing.assert_array_equal(pipeline.run(bundle.path, [x])[0], y.view(np.uint8) ^ 128)


def test_weights_of_8_bits_on_float_activations_are_taken_at_their_value(tmp_path):
    tensors = [T("x", (1, 5, 5, 2)), constant("w", W, scale=W_SCALE, zero=[0, 0, 0]),
               constant("b", floats(3)), T("y", (1, 5, 5, 3))]
    hybrid = write(tensors, [Op("CONV_2D", ["x", "w", "b"], ["y"], "Conv2DOptions", CONV)],
                   ["x"], ["y"])
    tensors[1] = constant("w", W * np.float32(W_SCALE).reshape(3, 1, 1, 1))
    plain = write(tensors, [Op("CONV_2D", ["x", "w", "b"], ["y"], "Conv2DOptions", CONV)],
                  ["x"], ["y"])
    x = {"x": floats(1, 5, 5, 2)}
    from edgec.model.onnxruntime import run_onnx

    np.testing.assert_allclose(run_onnx(loaded(hybrid, tmp_path), x)["y"],
                               litert(plain, x)["y"], atol=1e-4)


def dense(weights: T, *before: Op, more: tuple[T, ...] = ()) -> bytes:
    """x [2, 8] · weights [4, 8], made from `weights` by operators before."""
    last = before[-1].outputs[0] if before else weights.name
    dtype = () if not before else (T(last, (4, 8)),)
    return write([T("x", (2, 8)), weights, *dtype, *more, T("y", (2, 4))],
                 [*before, Op("FULLY_CONNECTED", ["x", last, ""], ["y"], "FullyConnectedOptions")],
                 ["x"], ["y"])


def test_16_bit_float_weights(tmp_path):
    half = constant("h", floats(4, 8).astype(np.float16))
    agree(dense(half, Op("DEQUANTIZE", ["h"], ["w"], "DequantizeOptions")), tmp_path)


def test_4_bit_weights_are_unpacked_with_the_lower_half_first(tmp_path):
    values = RANDOM.integers(-7, 8, (4, 8)).astype(np.int8)
    packed = (values.reshape(-1)[0::2] & 15) | (values.reshape(-1)[1::2] << 4)
    four = T("w", (4, 8), "INT4", packed.astype(np.int8), scale=[0.1] * 4, zero=[0] * 4)
    model = loaded(dense(four), tmp_path)
    np.testing.assert_array_equal(model.graph.initializers["w"].const_value.numpy(), values)


@pytest.mark.parametrize("block", [1, 4])
def test_sparse_weights_are_made_dense(block, tmp_path):
    values = floats(4, 8).reshape(4, 8 // block, block)
    values[RANDOM.random((4, 8 // block)) < 0.5] = 0
    agree(dense(sparse("s", values), Op("DENSIFY", ["s"], ["w"])), tmp_path)


def sparse(name: str, values: np.ndarray) -> T:
    """[rows, blocks, block] as CSR blocks of a row."""
    from ai_edge_litert import schema_py_generated as schema

    kept = np.any(values != 0, axis=-1)
    made = schema.SparsityParametersT()
    made.traversalOrder, made.blockMap = [0, 1, 2], [1]
    made.dimMetadata = [schema.DimensionMetadataT() for _ in range(3)]
    rows, columns, inside = made.dimMetadata
    rows.denseSize, inside.denseSize, columns.format = values.shape[0], values.shape[2], 1
    for field, numbers in (("arraySegments", np.cumsum([0, *kept.sum(axis=1)])),
                           ("arrayIndices", np.nonzero(kept)[1])):
        vector = schema.Int32VectorT()
        vector.values = [int(n) for n in numbers]
        setattr(columns, field, vector)
        setattr(columns, f"{field}Type", schema.SparseIndexVector.Int32Vector)
    return T(name, (values.shape[0], values.shape[1] * values.shape[2]), "float32",
             values[kept], changes={"sparsity": made})


def test_open_batch_is_one_and_shapes_that_are_computed_from_it_are_folded(tmp_path):
    tensors = [T("x", (1, 2, 3), changes={"shapeSignature": [-1, 2, 3]}),
               T("shape", (3,), "int32"), int32("zero", [0]), int32("one", [1]),
               T("batch", (), "int32"), int32("rest", 6), T("to", (2,), "int32"), T("y", (1, 6))]
    operators = [
        Op("SHAPE", ["x"], ["shape"], "ShapeOptions", {"outType": 2}),
        Op("STRIDED_SLICE", ["shape", "zero", "one", "one"], ["batch"], "StridedSliceOptions",
           {"shrinkAxisMask": 1}),
        Op("PACK", ["batch", "rest"], ["to"], "PackOptions", {"valuesCount": 2}),
        Op("RESHAPE", ["x", "to"], ["y"])]
    data = write(tensors, operators, ["x"], ["y"])
    agree(data, tmp_path)
    assert [n.op_type for n in load_model(tmp_path / "model.tflite").graph] == ["Reshape"]


def test_everything_that_cannot_be_imported_is_listed_at_once(tmp_path):
    tensors = [T("x", (1, 4)), T("a", (1, 4)), T("b", (1, 4), "int16", scale=[0.1], zero=[0]),
               T("c", (1, 4)), T("d", (1, 4))]
    operators = [Op("custom Weird", ["x"], ["a"]), Op("QUANTIZE", ["x"], ["b"]),
                 Op("WHILE", ["x"], ["c"]), Op("RELU", ["c"], ["d"])]
    with pytest.raises(UnsupportedOps) as error:
        loaded(write(tensors, operators, ["x"], ["a", "b", "d"]), tmp_path)
    text = str(error.value)
    assert "does not support 3 node(s)" in text
    assert "a: CUSTOM 'Weird'" in text
    assert "which is INT16" in text
    assert "c: WHILE" in text
