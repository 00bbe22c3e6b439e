"""Weights of four bits in .tflite files: where LiteRT has them in XNNPACK, with the same bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgec.lower.backend import Site, load_backend
from edgec.lower.graph import Array, Graph
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import cases_of

pytest.importorskip("ai_edge_litert")
TARGET = load_target("generic_x86_64")


def graph_of(op: str, name: str) -> Graph:
    """That of a contract case."""
    case, = (c for c in cases_of(op) if c.name == name)
    return case.graph


def narrow(columns: int) -> Graph:
    """A fully connected layer with weights of 4 bits and this depth."""
    graph = graph_of("fully_connected", "weights_of_2_bits_fc")
    x, w = graph.tensors["x"], graph.tensors["w"]
    values = np.resize(np.arange(-7, 8, dtype=np.int8), (w.shape[0], columns))
    tensors = {**graph.tensors, "w": replace(w, shape=values.shape, data=values),
               "x": replace(x, shape=(x.shape[0], columns))}
    return replace(graph, tensors=tensors)


def emitted(graph: Graph) -> bytes:
    """The file."""
    return load_backend("tflite").emit(graph, plan(graph), TARGET)


def types(data: bytes) -> set[int]:
    """Those of all tensors."""
    from ai_edge_litert.schema_py_generated import Model, ModelT

    return {t.type for t in ModelT.InitFromObj(Model.GetRootAs(data, 0)).subgraphs[0].tensors}


def answer(data: bytes, x: Array) -> Array:
    """What LiteRT with XNNPACK gives."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def in_four_bits(data: bytes) -> bool:
    """Whether some tensor is INT4."""
    from ai_edge_litert.schema_py_generated import TensorType

    return TensorType.INT4 in types(data)


@pytest.mark.parametrize("columns", [2, 10, 70])
def test_even_rows_take_four_bits_and_give_the_bytes_of_int8(
        columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgec.lower.backends.tflite import weights

    graph = narrow(columns)
    few = emitted(graph)
    monkeypatch.setattr(weights, "in_four_bits", lambda site: False)
    whole = emitted(graph)
    assert in_four_bits(few)
    assert not in_four_bits(whole)
    x = np.random.default_rng(0).integers(-128, 128, graph.tensors["x"].shape).astype(np.int8)
    np.testing.assert_array_equal(answer(few, x), answer(whole, x))


@pytest.mark.parametrize("graph", [
    narrow(9), graph_of("fully_connected", "rows_5_k_33_n_40"),
    graph_of("conv2d", "weights_of_4_bits"),
    graph_of("depthwise_conv2d", "weights_of_4_bits_dw")], ids=["odd", "wide", "conv", "depthwise"])
def test_others_stay_int8(graph: Graph) -> None:
    assert not in_four_bits(emitted(graph))


def test_the_report_says_so() -> None:
    graph = narrow(10)
    site = Site.of(graph.nodes[0], graph.tensors)
    assert load_backend("tflite").weights(site, TARGET) == "4 bit, packed"
