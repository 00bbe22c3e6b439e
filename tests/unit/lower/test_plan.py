"""The arena plan: nothing in use is overwritten, and little is wasted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.format import NodeRecord, PlanFile, TensorRecord, read, write
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.unary import Unary
from edgec.lower.packing import ALIGNMENT
from edgec.lower.plan import lifetimes, plan

ENGINE_OPS = {"add": "add_s8", "unary": "unary_f32", "layer_norm": "layer_norm_s8"}
KINDS = ("reshape", "unary", "add", "layer_norm", "pad", "concat", "slice")
SIZES = st.one_of(st.sampled_from([64, 640, 1000]), st.integers(1, 700))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs of nodes that read earlier tensors; shapes of sums need not fit."""
    tensors: dict[str, Tensor] = {}
    known: list[str] = []
    for i in range(draw(st.integers(1, 3))):
        name = f"in{i}"
        tensors[name] = Tensor(name, (draw(SIZES),), "s8")
        known.append(name)
    inputs, nodes = tuple(known), []
    for i in range(draw(st.integers(1, 25))):
        name, source = f"t{i}", draw(st.sampled_from(known))
        kind = draw(st.sampled_from(KINDS))
        shape = tensors[source].shape
        if kind == "reshape":
            shape = (1, *shape)
            node = Node(name, kind, (source,), (name,), Reshape(shape))
        elif kind == "unary":
            node = Node(name, kind, (source,), (name,), Unary("relu"))
        elif kind == "concat":
            source, other, third = (as_row(tensors, nodes, draw(st.sampled_from(known)))
                                    for _ in range(3))
            shape = (1, sum(tensors[n].size for n in (source, other, third)))
            node = Node(name, kind, (source, other, third), (name,), Concat(1))
        elif kind == "slice":
            source = as_row(tensors, nodes, source)
            length = draw(st.integers(1, tensors[source].size))
            start = draw(st.integers(0, tensors[source].size - length)) // 64 * 64
            shape = (1, length)
            node = Node(name, kind, (source,), (name,), Slice((0, start), (1, 1), shape))
        elif kind == "layer_norm":  # its parameters must not be written over
            others = (draw(st.sampled_from(known)), draw(st.sampled_from(known)))
            node = Node(name, kind, (source, *others), (name,), LayerNorm())
        elif kind == "pad":
            shape = (draw(SIZES),)
            node = Node(name, kind, (source,), (name,), Pad((0,), (0,)))
        else:
            other = draw(st.sampled_from(known))
            shape = max(shape, tensors[other].shape, key=lambda s: Tensor("", s, "s8").size)
            node = Node(name, kind, (source, other), (name,), Add())
        tensors[name] = Tensor(name, shape, "s8")
        nodes.append(node)
        known.append(name)
    outputs = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    return Graph("g", tensors, tuple(nodes), inputs, tuple(outputs))


def as_row(tensors: dict[str, Tensor], nodes: list[Node], name: str) -> str:
    """The tensor as [1, n]."""
    if len(tensors[name].shape) == 2 and tensors[name].shape[0] == 1:
        return name
    row = f"{name}.row{len(nodes)}"
    tensors[row] = Tensor(row, (1, tensors[name].size), "s8")
    nodes.append(Node(row, "reshape", (name,), (row,), Reshape(tensors[row].shape)))
    return row


def contents(graph: Graph, name: str) -> list[str]:
    """What each byte of a tensor is, by the node and byte that it comes from."""
    node = graph.producer(name)
    if node is not None and node.op == "reshape":
        return contents(graph, node.inputs[0])
    if node is not None and node.op == "slice":
        first, = node.attributes.start[1:]
        return contents(graph, node.inputs[0])[first:first + graph.tensors[name].nbytes]
    if node is not None and node.op == "concat":
        return [byte for part in node.inputs for byte in contents(graph, part)]
    return [f"{name}:{i}" for i in range(graph.tensors[name].nbytes)]


@settings(deadline=None)
@given(graphs())
def test_plan_executed_with_tags_never_reads_overwritten_memory(graph: Graph) -> None:
    """Each step reads its inputs, then writes its output as the engine may: the first byte last."""
    found = plan(graph)
    memory = [""] * found.arena_bytes

    def span(name: str) -> slice:
        return slice(found.offsets[name], found.offsets[name] + graph.tensors[name].nbytes)

    for name in graph.inputs:
        memory[span(name)] = contents(graph, name)
    for node in graph.nodes:
        before = {name: memory[span(name)] == contents(graph, name) for name in node.inputs}
        assert all(before.values()), (node.name, before)
        memory[span(node.outputs[0])] = contents(graph, node.outputs[0])
    assert all(memory[span(name)] == contents(graph, name) for name in graph.outputs)


@settings(deadline=None)
@given(graphs())
def test_plan_overlaps_inputs_with_outputs_only_as_the_format_allows(graph: Graph) -> None:
    found = plan(graph)
    names = {name: index for index, name in enumerate(graph.tensors)}
    records = tuple(TensorRecord(t.name, "s8", t.shape, offset=found.offsets[t.name])
                    for t in graph.tensors.values())
    nodes = tuple(NodeRecord(ENGINE_OPS.get(n.op, n.op), n.name, 0,
                             tuple(names[i] for i in n.inputs), (names[n.outputs[0]],), params(n))
                  for n in graph.nodes)
    data = write(PlanFile("m", "", "", records, nodes, tuple(names[n] for n in graph.inputs),
                          tuple(names[n] for n in graph.outputs), found.arena_bytes))
    assert read(data).arena_bytes == found.arena_bytes


def params(node: Node) -> tuple[int, ...]:
    """Those that the format's overlap rules read."""
    if node.op == "concat":
        return (node.attributes.axis,)
    return (*node.attributes.start, *node.attributes.step) if node.op == "slice" else ()


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
    nodes = tuple(Node(b, "pad", (a,), (b,), Pad((0,), (0,))) for a, b in pairwise(names))
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
    assert lifetimes(graph)["x1"].buffer.last == len(graph.nodes)
    assert plan(graph).offsets["x3"] != plan(graph).offsets["x1"]


def test_plan_constants_take_no_memory() -> None:
    tensors = {"x": Tensor("x", (64,), "s8"), "y": Tensor("y", (64,), "s8"),
               "w": Tensor("w", (9999,), "s8", data=np.zeros(9999, np.int8))}
    node = Node("n", "add", ("x", "w"), ("y",), Add())
    found = plan(Graph("g", tensors, (node,), ("x",), ("y",)))
    assert found.arena_bytes == 64
    assert "w" not in found.offsets


def sums(*names: str, shapes: dict[str, tuple[int, ...]], outputs: tuple[str, ...]) -> Graph:
    """y = a + b for each "a b y"; what no sum writes is an input."""
    tensors = {n: Tensor(n, shape, "s8") for n, shape in shapes.items()}
    nodes = tuple(Node(y, "add", (a, b), (y,), Add()) for a, b, y in map(str.split, names))
    written = {n.name for n in nodes}
    return Graph("g", tensors, nodes, tuple(n for n in shapes if n not in written), outputs)


def test_plan_sum_lies_on_the_operand_that_dies_there() -> None:
    shape = (640,)
    graph = sums("a b y", "y b z", shapes=dict.fromkeys("abyz", shape), outputs=("z",))
    found = plan(graph)
    assert found.offsets["y"] == found.offsets["a"] != found.offsets["b"]
    assert found.arena_bytes == found.lower_bound_bytes == 2 * 640


def test_plan_sum_never_lies_on_a_broadcast_operand_nor_on_one_that_is_read_later() -> None:
    graph = sums("a b y", "a y z", shapes={"a": (10, 64), "b": (64,), "y": (10, 64), "z": (10, 64)},
                 outputs=("z",))
    found = plan(graph)
    assert len({found.offsets[n] for n in "aby"}) == 3
    assert found.offsets["z"] in (found.offsets["a"], found.offsets["y"])


def test_plan_output_of_the_model_is_not_written_over() -> None:
    graph = sums("a a y", "y y z", shapes=dict.fromkeys("ayz", (64,)), outputs=("y", "z"))
    found = plan(graph)
    assert found.offsets["y"] == found.offsets["a"] != found.offsets["z"]
