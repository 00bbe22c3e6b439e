from __future__ import annotations

import numpy as np
import pytest

from edgec.errors import LoweringError
from edgec.lower import lower as lowering
from edgec.lower.graph import Graph, Node, Quantization, Tensor
from edgec.lower.lower import Placement, lower, placement
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from tests.unit.lower.lower_models import as_ir, float_model, inputs_for


def test_placement_says_where_each_node_runs_and_why() -> None:
    stored = Quantization(np.array([0.1]), np.array([0]))
    tensors = {n: Tensor(n, (1, 2, 2, 3), "s8", stored) for n in ("x", "moved", "pooled")}
    tensors |= {n: Tensor(n, (1, 2, 2, 3), "f32") for n in ("real", "y")}
    nodes = (Node("t", "transpose", ("x",), ("moved",), Transpose((0, 1, 2, 3))),
             Node("p", "max_pool2d", ("moved",), ("pooled",), MaxPool2d((1, 1))),
             Node("d", "dequantize", ("pooled",), ("real",), Dequantize()),
             Node("u", "unary", ("real",), ("y",), Unary("exp"), "because"))
    assert placement(Graph("g", tensors, nodes, ("x",), ("y",))) == [
        Placement("t", "transpose", "data movement", ""), Placement("p", "max_pool2d", "int8", ""),
        Placement("d", "dequantize", "int8", ""), Placement("u", "unary", "float32", "because")]


def test_a_float_model_runs_in_float_without_reasons() -> None:
    places = placement(lower(as_ir(float_model("convnet"))))
    assert {p.runs for p in places} <= {"float32", "data movement"}
    assert {p.reason for p in places} == {""}


def test_a_pass_that_breaks_the_graph_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(graph: Graph) -> Graph:
        return Graph(graph.name, graph.tensors, graph.nodes[1:], graph.inputs, graph.outputs)
    monkeypatch.setattr(lowering, "PASSES", (broken,))
    with pytest.raises(LoweringError, match="after test_lower_placement"):
        lower(as_ir(float_model("convnet")))


def test_lowering_twice_gives_the_same_graph() -> None:
    first, second = (lower(as_ir(float_model("gated"))) for _ in range(2))
    assert first.nodes == second.nodes
    assert [t.name for t in first.tensors.values()] == [t.name for t in second.tensors.values()]
    assert inputs_for("gated").keys() == set(first.inputs)
