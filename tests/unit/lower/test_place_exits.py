"""Exits of the metadata become nodes, as early as they can be."""

from __future__ import annotations

import pytest

from edgec.errors import LoweringError
from edgec.lower.graph import Graph, Node, Quantization, Tensor
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.unary import Unary
from edgec.lower.place_exits import place_exits
from edgec.lower.verify import verify
from edgec.model.exits import Exit as Named


def graph(dtype: str = "f32") -> Graph:
    """x → a → b → y, the end; a → e, last in the list."""
    q = Quantization(0.1, 0) if dtype == "s8" else None
    nodes = (Node("a", "reshape", ("x",), ("a",), Reshape((1, 2))),
             Node("b", "reshape", ("a",), ("b",), Reshape((2,))),
             Node("y", "reshape", ("b",), ("y",), Reshape((1, 2))),
             Node("e", "reshape", ("a",), ("e",), Reshape((1, 2))))
    shapes = {"x": (1, 2), "a": (1, 2), "b": (2,), "y": (1, 2), "e": (1, 2)}
    return Graph("g", {n: Tensor(n, s, dtype, q) for n, s in shapes.items()}, nodes, ("x",),
                 ("y", "e"))


def test_only_what_the_exit_needs_runs_before_it() -> None:
    placed = verify(place_exits(graph(), [Named("e", 0.5)]))
    assert [n.name for n in placed.nodes] == ["a", "e", "e:exit", "b", "y"]
    assert placed.nodes[2].attributes == Exit(2**21)


def test_without_exits_the_graph_stays() -> None:
    assert place_exits(graph(), []) == graph()


def test_what_reads_the_logits_reads_on() -> None:
    made = graph()
    more = Node("z", "unary", ("e",), ("z",), Unary("neg"))
    made = Graph("g", {**made.tensors, "z": Tensor("z", (1, 2), "f32")}, (*made.nodes, more),
                 ("x",), ("y", "e", "z"))
    placed = verify(place_exits(made, [Named("e", 0.5)]))
    assert {n.inputs for n in placed.nodes if n.name in ("z", "e:exit")} == {("e:logits",)}


@pytest.mark.parametrize(("made", "name", "message"), [
    (graph("s8"), "e", "'e' is s8; an exit must be computed float32 logits"),
    (graph(), "x", "'x' is f32 and nothing computes it")])
def test_an_exit_that_is_no_computed_float_is_refused(made: Graph, name: str,
                                                      message: str) -> None:
    with pytest.raises(LoweringError, match=message):
        place_exits(made, [Named(name, 0.5)])
