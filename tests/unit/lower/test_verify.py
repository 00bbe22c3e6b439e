from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgec.errors import LoweringError
from edgec.lower.graph import Graph, Node, Quantization, Tensor
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.unary import Unary
from edgec.lower.verify import verify

RELU = Node("relu", "unary", ("x",), ("y",), Unary("relu"))


def _graph(*nodes: Node, **tensors: Tensor) -> Graph:
    known = {"x": Tensor("x", (2, 3), "f32"), "y": Tensor("y", (2, 3), "f32")} | tensors
    return Graph("g", known, nodes or (RELU,), ("x",), ("y",))


def test_well_formed_graph_is_given_back() -> None:
    graph = _graph()
    assert verify(graph) is graph


BROKEN: dict[str, tuple[Graph, str]] = {
    "duplicate node name": (_graph(RELU, replace(RELU, inputs=("y",), outputs=("z",)),
                                   z=Tensor("z", (2, 3), "f32")), "2 nodes have the name 'relu'"),
    "read before written": (_graph(replace(RELU, inputs=("z",)), z=Tensor("z", (2, 3), "f32")),
                            "reads 'z' before it is written"),
    "written twice": (_graph(RELU, replace(RELU, name="again")),
                      "writes 'y', which is written already"),
    "unknown tensor": (_graph(replace(RELU, inputs=("nowhere",))),
                       "uses 'nowhere', which does not exist"),
    "output never written": (replace(_graph(), outputs=("z",),
                                     tensors=_graph(z=Tensor("z", (1,), "f32")).tensors),
                             "the output 'z' is never written"),
    "unknown op": (_graph(replace(RELU, op="spin")), "the op 'spin', which does not exist"),
    "other op's attributes": (_graph(replace(RELU, attributes=Reshape((6,)))),
                              "attributes of type Reshape, not Unary"),
    "wrong output shape": (_graph(y=Tensor("y", (3, 2), "f32")),
                           "gives [(2, 3)], but its output has [(3, 2)]"),
    "shapes that do not fit": (_graph(replace(RELU, op="reshape", attributes=Reshape((7,)))),
                               "node 'relu' (reshape)"),
    "float op on integers": (_graph(x=Tensor("x", (2, 3), "s32")), "it runs in float32 only"),
    "quantize without a scale": (_graph(replace(RELU, op="quantize", attributes=Quantize()),
                                        y=Tensor("y", (2, 3), "s8")), "has no scale"),
    "tensor under another name": (_graph(y=Tensor("z", (2, 3), "f32")),
                                  "the tensor 'z' is kept under the name 'y'"),
    "unknown type": (_graph(y=Tensor("y", (2, 3), "f16")), "has type 'f16'"),
    "empty dimension": (_graph(y=Tensor("y", (0, 3), "f32")), "must be at least 1"),
    "constant of another shape": (_graph(c=Tensor("c", (2,), "f32", None,
                                                  np.zeros(3, np.float32))),
                                  "holds float32[3], not f32[2]"),
    "float with a scale": (_graph(y=Tensor("y", (2, 3), "f32", Quantization(
        np.array([1.0]), np.array([0])))), "is f32 but has a scale"),
    "scales that do not fit the axis": (_graph(y=Tensor("y", (2, 3), "s8", Quantization(
        np.ones(5), np.zeros(5), 1))), "has 5 scales along axis 1"),
    "scale of zero": (_graph(y=Tensor("y", (2, 3), "s8", Quantization(
        np.zeros(1), np.zeros(1)))), "has a scale that is not a positive number"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_graph_is_refused_for(what: str) -> None:
    graph, message = BROKEN[what]
    with pytest.raises(LoweringError) as error:
        verify(graph, "some_pass")
    assert message in str(error.value)
    assert "after some_pass" in str(error.value)


def test_many_problems_are_counted_not_all_listed() -> None:
    nodes = [replace(RELU, name=f"n{i}", inputs=("nowhere",), outputs=("y",)) for i in range(30)]
    with pytest.raises(LoweringError, match=r"and \d+ more"):
        verify(_graph(*nodes))


def test_int8_node_that_breaks_a_rule_is_refused() -> None:
    def stored(name: str, scale: float) -> Tensor:
        return Tensor(name, (2, 3), "s8", Quantization(np.array([scale]), np.array([0])))
    node: Any = replace(RELU, op="reshape", attributes=Reshape((2, 3)))
    with pytest.raises(LoweringError, match="same scale and zero point"):
        verify(_graph(node, x=stored("x", 0.1), y=stored("y", 0.2)))
