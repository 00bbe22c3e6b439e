"""int8 nodes that LiteRT lacks run in float32, under their names and with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.lower import lower as lowering
from edgec.lower.backend import load_backend
from edgec.lower.graph import Graph
from edgec.lower.interpret import interpret
from edgec.lower.verify import verify
from edgec.target.target import load_target
from tests.contract.op_cases import Case, cases_of

TARGET = load_target("generic_x86_64")


def case_of(op: str, name: str) -> Case:
    found, = (c for c in cases_of(op) if c.name == name)
    return found


def moved(graph: Graph) -> Graph:
    for step in load_backend("tflite").passes(TARGET):
        graph = step(graph)
    return verify(graph, "float_islands")


@pytest.mark.parametrize(("op", "name", "middle"), [
    ("layer_norm", "(3, 16)_random_epsilon_1e-05", "layer_norm"), ("lut", "lut_gelu", "unary"),
    ("average_pool2d", "average_1_False_7", "average_pool2d"), ("softmax", "all_127", "softmax")])
def test_node_is_put_between_dequantize_and_quantize(op: str, name: str, middle: str) -> None:
    graph = moved(case_of(op, name).graph)
    assert [n.op for n in graph.nodes] == ["dequantize", middle, "quantize"]
    assert graph.nodes[1].name == name
    assert graph.outputs == ("y",)


def test_report_says_that_the_node_is_float_and_why() -> None:
    graph = moved(case_of("lut", "lut_silu").graph)
    row, = (p for p in lowering.placement(graph) if p.name == "lut_silu")
    assert row.runs == "float32"
    assert row.reason == ("In int8, LiteRT has no other functions than sigmoid, tanh and a change "
                          "of scale.")


def test_function_keeps_its_parameters() -> None:
    graph = moved(case_of("lut", "lut_hard_sigmoid").graph)
    assert graph.nodes[1].attributes.kind == "hard_sigmoid"
    assert graph.nodes[1].attributes.alpha == pytest.approx(1 / 6)


def test_node_that_litert_has_in_int8_stays_as_it_is() -> None:
    graph = case_of("conv2d", "same_3x3").graph
    assert moved(graph) == graph


def test_node_that_litert_has_nowhere_stays_and_is_refused() -> None:
    graph = moved(case_of("lut", "lut_erf").graph)
    assert [n.op for n in graph.nodes] == ["lut"]


@pytest.mark.parametrize("op", ["lut", "average_pool2d", "layer_norm"])
def test_moved_nodes_compute_what_the_int8_ones_did(op: str) -> None:
    chosen = [c for c in cases_of(op) if c.graph.tensors["y"].dtype == "s8"
              and "epsilon_0.0" not in c.name and "epsilon_1e-12" not in c.name]
    for case in chosen:
        expected = interpret(case.graph, case.inputs)["y"].astype(np.int32)
        found = interpret(moved(case.graph), case.inputs)["y"].astype(np.int32)
        assert np.abs(found - expected).max() <= 1, case.name
