from __future__ import annotations

import numpy as np
import pytest

from edgec.errors import DataError
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.unary import Unary

X = np.array([[-1.0, 2.0]], np.float32)


@pytest.fixture
def graph() -> Graph:
    nodes = (Node("a", "unary", ("x",), ("a",), Unary("neg")),
             Node("b", "unary", ("a",), ("b",), Unary("relu")))
    return Graph("g", {n: Tensor(n, (1, 2), "f32") for n in "xab"}, nodes, ("x",), ("b",))


def test_interpret_gives_the_outputs_by_name(graph: Graph) -> None:
    found = interpret(graph, {"x": X})
    assert list(found) == ["b"]
    np.testing.assert_array_equal(found["b"], [[1.0, 0.0]])


def test_interpret_gives_every_written_tensor_when_asked(graph: Graph) -> None:
    found = interpret(graph, {"x": X}, all_tensors=True)
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["a"], -X)


@pytest.mark.parametrize(("inputs", "message"), [
    ({}, "given were none"),
    ({"x": X, "z": X}, "given were x, z"),
    ({"x": X[0]}, r"is float32\[2\]; the graph needs float32\[1, 2\]"),
    ({"x": X.astype(np.float64)}, r"is float64\[1, 2\]; the graph needs float32\[1, 2\]"),
])
def test_interpret_refuses_inputs_that_do_not_fit(graph: Graph, inputs: dict[str, np.ndarray],
                                                  message: str) -> None:
    with pytest.raises(DataError, match=message):
        interpret(graph, inputs)


@pytest.mark.parametrize(("limit", "end"), [(0, [[-1.0, 2.0]]), (2**32 - 1, [[0.0, 0.0]])])
def test_an_exit_ends_the_run_and_leaves_zeros(limit: int, end: list[list[float]]) -> None:
    nodes = (Node("e", "exit", ("x",), ("e",), Exit(limit)),
             Node("y", "reshape", ("x",), ("y",), Reshape((1, 2))))
    graph = Graph("g", {n: Tensor(n, (1, 2), "f32") for n in "xey"}, nodes, ("x",), ("y", "e"))
    found = interpret(graph, {"x": X})
    np.testing.assert_array_equal(found["e"], X)
    np.testing.assert_array_equal(found["y"], end)
