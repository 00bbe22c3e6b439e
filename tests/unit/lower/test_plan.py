"""The arena plan: nothing in use is overwritten, and little is wasted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.reshape import Reshape
from edgec.lower.plan import ALIGNMENT, lifetimes, plan


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs of nodes that read earlier tensors, some of them reshapes."""
    tensors: dict[str, Tensor] = {}
    known: list[str] = []
    for i in range(draw(st.integers(1, 3))):
        name = f"in{i}"
        tensors[name] = Tensor(name, (draw(st.integers(1, 5000)),), "s8")
        known.append(name)
    inputs, nodes = tuple(known), []
    for i in range(draw(st.integers(1, 25))):
        name, source = f"t{i}", draw(st.sampled_from(known))
        if draw(st.booleans()):
            shape = (1, *tensors[source].shape)
            node = Node(name, "reshape", (source,), (name,), Reshape(shape))
        else:
            shape = (draw(st.integers(1, 5000)),)
            node = Node(name, "add", (source, draw(st.sampled_from(known))), (name,), Add())
        tensors[name] = Tensor(name, shape, "s8")
        nodes.append(node)
        known.append(name)
    outputs = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    return Graph("g", tensors, tuple(nodes), inputs, tuple(outputs))


def root(graph: Graph, name: str) -> str:
    """The tensor whose bytes `name` holds: reshapes are seen through."""
    node = graph.producer(name)
    return root(graph, node.inputs[0]) if node is not None and node.op == "reshape" else name


@settings(deadline=None)
@given(graphs())
def test_plan_executed_with_tags_never_reads_overwritten_memory(graph: Graph) -> None:
    found = plan(graph)
    memory = [""] * (found.arena_bytes // ALIGNMENT)

    def span(name: str) -> slice:
        start = found.offsets[name] // ALIGNMENT
        return slice(start, start + -(-graph.tensors[name].nbytes // ALIGNMENT))

    def write(name: str) -> None:
        memory[span(name)] = [root(graph, name)] * len(memory[span(name)])

    def intact(name: str) -> bool:
        return set(memory[span(name)]) == {root(graph, name)}

    for name in graph.inputs:
        write(name)
    for node in graph.nodes:
        assert all(intact(name) for name in node.inputs), node.name
        write(node.outputs[0])
        assert node.op == "reshape" or all(intact(name) for name in node.inputs), node.name
    assert all(intact(name) for name in graph.outputs)


@settings(deadline=None)
@given(graphs())
def test_plan_arena_is_at_least_the_bound_and_holds_every_tensor(graph: Graph) -> None:
    found = plan(graph)
    assert found.arena_bytes >= found.lower_bound_bytes
    assert found.arena_bytes % ALIGNMENT == 0
    assert set(found.offsets) == set(graph.tensors)
    for name, offset in found.offsets.items():
        assert offset % ALIGNMENT == 0
        assert offset + graph.tensors[name].nbytes <= found.arena_bytes


@settings(deadline=None)
@given(graphs())
def test_plan_reshape_output_lies_on_its_input(graph: Graph) -> None:
    found = plan(graph)
    for node in graph.nodes:
        if node.op == "reshape":
            assert found.offsets[node.outputs[0]] == found.offsets[node.inputs[0]]


@settings(deadline=None)
@given(graphs())
def test_plan_same_graph_gives_same_plan(graph: Graph) -> None:
    assert plan(graph) == plan(graph)


def chain(*sizes: int) -> Graph:
    """x0 -> x1 -> ... of those sizes in bytes."""
    names = [f"x{i}" for i in range(len(sizes))]
    tensors = {n: Tensor(n, (size,), "s8") for n, size in zip(names, sizes, strict=True)}
    nodes = tuple(Node(b, "add", (a, a), (b,), Add()) for a, b in pairwise(names))
    return Graph("chain", tensors, nodes, (names[0],), (names[-1],))


def test_plan_of_a_chain_needs_its_largest_neighbours_only() -> None:
    found = plan(chain(64, 640, 1280, 64, 1280, 640))
    assert found.arena_bytes == found.lower_bound_bytes == 1280 + 640


def test_plan_inputs_are_all_alive_before_the_first_step() -> None:
    tensors = {n: Tensor(n, (100,), "s8") for n in ("a", "unused", "y")}
    node = Node("n", "add", ("a", "a"), ("y",), Add())
    found = plan(Graph("g", tensors, (node,), ("a", "unused"), ("y",)))
    assert found.offsets["a"] != found.offsets["unused"]


def test_plan_graph_output_stays_alive_to_the_end() -> None:
    graph = chain(64, 64, 64, 64)
    graph = Graph(graph.name, graph.tensors, graph.nodes, graph.inputs, ("x1", "x3"))
    last = {b.tensors: b.last for b in lifetimes(graph)}
    assert last["x1",] == len(graph.nodes)
    assert plan(graph).offsets["x3"] != plan(graph).offsets["x1"]


def test_plan_constants_take_no_memory() -> None:
    tensors = {"x": Tensor("x", (64,), "s8"), "y": Tensor("y", (64,), "s8"),
               "w": Tensor("w", (9999,), "s8", data=np.zeros(9999, np.int8))}
    node = Node("n", "add", ("x", "w"), ("y",), Add())
    found = plan(Graph("g", tensors, (node,), ("x",), ("y",)))
    assert found.arena_bytes == 128
    assert "w" not in found.offsets
