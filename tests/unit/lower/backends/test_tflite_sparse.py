"""Weights in blocks of zeros, in .tflite files: smaller, and the same bytes out of LiteRT."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.errors import UsageError
from edgec.lower.backend import load_backend
from edgec.lower.backends.tflite import sparse
from edgec.lower.graph import Array
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from edgec.model.load import load_model
from edgec.target.target import load_target
from tests.unit.model.tflite_import.files import Op, T, constant, write
from tests.unit.model.tflite_import.test_operators import litert

pytest.importorskip("ai_edge_litert")
RANDOM = np.random.default_rng(4)
TARGET = load_target("generic_x86_64")


def in_blocks(*shape: int, rows: int = 16, columns: int = 4, share: float = 0.7) -> Array:
    """int8 weights, with about that share of rows × columns blocks zero."""
    values = RANDOM.integers(-127, 128, shape).astype(np.int8)
    keep = RANDOM.random((shape[0] // rows, *shape[1:-1], shape[-1] // columns)) > share
    return values * np.repeat(np.repeat(keep, rows, 0), columns, -1)


def model_of(w: Array, kind: str) -> bytes:
    """A layer with these weights, int8 or float32, as a file."""
    channels, quantized = w.shape[0], kind == "int8"
    scales = np.linspace(0.01, 0.02, channels).astype(np.float32)
    def activation(name: str, last: int) -> T:
        shape = (1, last) if w.ndim == 2 else (1, 6, 6, last)
        return T(name, shape, kind, scale=[0.1] if quantized else [], zero=[2] if quantized else [])
    weights = constant("w", w, scale=scales, zero=[0] * channels) if quantized else constant(
        "w", w.astype(np.float32) * np.float32(0.02))
    bias = constant("b", np.zeros(channels, np.int32), scale=scales * np.float32(0.1)) \
        if quantized else constant("b", np.zeros(channels, np.float32))
    code, table = ("FULLY_CONNECTED", "FullyConnectedOptions") if w.ndim == 2 else (
        "CONV_2D", "Conv2DOptions")
    options = {} if w.ndim == 2 else {"padding": 0, "strideH": 1, "strideW": 1}
    return write([activation("x", w.shape[-1]), weights, bias, activation("y", channels)],
                 [Op(code, ["x", "w", "b"], ["y"], table, options)], ["x"], ["y"])


def lowered(data: bytes, folder: Path, how: str) -> pipeline.Bundle:
    path = folder / "m.tflite"
    path.write_bytes(data)
    return pipeline.lower(str(path), folder / how, target=TARGET.name, backend="tflite",
                          origin=pipeline.Origin(options={"sparse": how}))[0]


LAYERS = [((64, 1, 1, 64), "int8"), ((64, 3, 3, 32), "int8"), ((64, 1, 1, 64), "float32"),
          ((64, 128), "float32")]


@pytest.mark.parametrize(("shape", "kind"), LAYERS, ids=str)
def test_sparse_file_is_smaller_and_gives_the_dense_one_s_bytes(shape, kind, tmp_path) -> None:
    data = model_of(in_blocks(*shape), kind)
    dense, small = (lowered(data, tmp_path, how) for how in ("dense", "densify"))
    assert small.artifact_path.stat().st_size < 0.8 * dense.artifact_path.stat().st_size
    x = np.load(dense.golden_inputs[0])
    np.testing.assert_array_equal(*(pipeline.run(b.path, [x])[0] for b in (dense, small)))


def test_sparse_file_comes_back_with_the_same_weights(tmp_path) -> None:
    data = model_of(in_blocks(64, 3, 3, 32), "int8")
    small = lowered(data, tmp_path, "densify")
    first, again = (lower(load_model(p)) for p in (tmp_path / "m.tflite", small.artifact_path))
    x = np.load(small.golden_inputs[0])
    np.testing.assert_array_equal(*(next(iter(interpret(g, {g.inputs[0]: x}).values()))
                                    for g in (first, again)))


def test_report_says_what_is_saved_and_what_it_costs(tmp_path) -> None:
    data = model_of(in_blocks(64, 1, 1, 64), "int8")
    dense, small = (lowered(data, tmp_path, how) for how in ("dense", "densify"))
    told = small.lowering()
    assert "sparse" not in dense.lowering()
    assert {k: told["sparse"][k] for k in ("layers", "file_bytes", "dense_file_bytes",
                                           "ram_bytes")} == {
        "layers": 1, "file_bytes": small.artifact_path.stat().st_size,
        "dense_file_bytes": dense.artifact_path.stat().st_size, "ram_bytes": 64 * 64}
    assert "as fast as with dense" in told["sparse"]["note"]
    assert told["nodes"][0]["weights"].startswith("sparse in the file: ")


@pytest.mark.parametrize(("w", "kind", "why"), [
    (in_blocks(64, 128), "int8", "XNNPACK refuses int8 fully connected layers"),
    (in_blocks(64, 1, 1, 64, share=0), "int8", "blocks of zeros would not make it smaller")])
def test_layers_that_stay_dense_say_why(w, kind, why, tmp_path) -> None:
    bundle = lowered(model_of(w, kind), tmp_path, "densify")
    assert why in bundle.lowering()["nodes"][0]["weights"]
    assert bundle.lowering()["sparse"]["layers"] == 0


def test_litert_still_refuses_int8_fully_connected_layers_behind_densify() -> None:
    """If this fails, the rule can go."""
    w = in_blocks(64, 128)
    tensors = [T("x", (1, 128), "int8", scale=[0.1], zero=[2]),
               T("w", w.shape, "int8", scale=[0.01], zero=[0]),
               constant("b", np.zeros(64, np.int32), scale=[0.001]),
               T("y", (1, 64), "int8", scale=[0.1], zero=[2])]
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    blocks = sparse._cut(w, 16, 4)
    stored = T("s", w.shape, "int8", blocks.values, scale=[0.01], zero=[0],
               changes={"sparsity": blocks.parameters(schema, w.shape)})
    data = write([*tensors, stored], [
        Op("DENSIFY", ["s"], ["w"]),
        Op("FULLY_CONNECTED", ["x", "w", "b"], ["y"], "FullyConnectedOptions")], ["x"], ["y"])
    assert litert(data, {"x": np.zeros((1, 128), np.int8)})["y"].shape == (1, 64)
    with pytest.raises(RuntimeError, match="failed to delegate FULLY_CONNECTED"):
        Interpreter(model_content=data).allocate_tensors()


def test_weights_without_any_value_keep_a_block() -> None:
    blocks = sparse._cut(np.zeros((16, 8), np.int8), 16, 4)
    assert (blocks.values.shape, blocks.segments.tolist(), blocks.indices.tolist()) == (
        (1, 16, 4), [0, 1], [0])


@pytest.mark.parametrize(("options", "why"), [
    ({"sparse": "csr"}, "--tflite-sparse is 'csr'; allowed are dense, densify"),
    ({"kernels": "tvm"}, "has no option 'kernels'; it has: sparse")])
def test_other_options_are_refused(options, why) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        load_backend("tflite").configured(options)
