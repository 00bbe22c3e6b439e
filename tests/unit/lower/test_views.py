"""Parts lie inside of the whole where nothing has to be moved, and nowhere twice."""

from __future__ import annotations

from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.slice import Slice
from edgec.lower.views import placed_parts, view_of_input


def cut(shape: tuple[int, ...], start: tuple[int, ...], length: tuple[int, ...],
        step: tuple[int, ...] = (1, 1), dtype: str = "s8") -> int | None:
    """Where a slice of a matrix lies in it."""
    tensors = {"x": Tensor("x", shape, dtype), "y": Tensor("y", length, dtype)}
    return view_of_input(Node("n", "slice", ("x",), ("y",), Slice(start, step, length)), tensors)


def test_slice_in_one_piece_lies_in_its_input() -> None:
    assert cut((4, 64), (1, 0), (2, 64)) == 64
    assert cut((4, 64), (3, 0), (1, 64), step=(7, 1)) == 192
    assert cut((1, 200), (0, 128), (1, 3)) == 128
    assert cut((2, 200), (1, 56), (1, 3)) == 256
    assert cut((4, 16), (1, 0), (2, 16), dtype="f32") == 64


def test_slice_that_is_scattered_or_not_aligned_is_copied() -> None:
    assert cut((2, 128), (0, 0), (2, 64)) is None
    assert cut((4, 64), (0, 0), (2, 64), step=(2, 1)) is None
    assert cut((4, 64), (3, 0), (2, 64), step=(-1, 1)) is None
    assert cut((4, 60), (1, 0), (2, 60)) is None


def joined(parts: tuple[str, ...], sizes: dict[str, int], axis: int = 1, outer: int = 1
           ) -> Graph:
    """y = concat(parts), each part made by a node from the input "x"."""
    tensors = {"x": Tensor("x", (1, 1), "s8")}
    tensors |= {n: Tensor(n, (outer, size), "s8") for n, size in sizes.items()}
    tensors["y"] = Tensor("y", (outer, sum(sizes.get(p, 0) for p in parts)), "s8")
    nodes = tuple(Node(n, "pad", ("x",), (n,), Pad((0, 0), (0, 0))) for n in sizes)
    nodes += (Node("y", "concat", parts, ("y",), Concat(axis)),)
    return Graph("g", tensors, nodes, ("x",), ("y",))


def test_parts_are_made_where_the_concatenation_wants_them() -> None:
    graph = joined(("a", "b", "c"), {"a": 64, "b": 128, "c": 7})
    assert placed_parts(graph) == {"a": ("y", 0), "b": ("y", 64), "c": ("y", 192)}
    assert placed_parts(joined(("a", "b"), {"a": 64, "b": 64}, axis=-1)) == {
        "a": ("y", 0), "b": ("y", 64)}


def test_part_behind_one_of_odd_size_is_copied() -> None:
    assert placed_parts(joined(("a", "b"), {"a": 65, "b": 64})) == {"a": ("y", 0)}


def test_parts_that_are_not_in_one_piece_are_copied() -> None:
    assert placed_parts(joined(("a", "b"), {"a": 64, "b": 64}, outer=2)) == {}


def test_part_that_is_joined_twice_is_copied() -> None:
    assert placed_parts(joined(("a", "b", "a"), {"a": 64, "b": 64})) == {"b": ("y", 64)}


def test_model_inputs_and_views_are_copied_and_so_is_what_they_show() -> None:
    graph = joined(("x", "a", "r"), {"a": 64})
    tensors = {**graph.tensors, "x": Tensor("x", (1, 64), "s8"), "r": Tensor("r", (1, 64), "s8"),
               "y": Tensor("y", (1, 192), "s8")}
    reshape = Node("r", "reshape", ("a",), ("r",), Reshape((1, 64)))
    nodes = (graph.nodes[0], reshape, graph.nodes[1])
    assert placed_parts(Graph("g", tensors, nodes, ("x",), ("y",))) == {}


def test_concatenation_of_a_concatenation_lies_in_it() -> None:
    graph = joined(("a", "b"), {"a": 64, "b": 64})
    tensors = {**graph.tensors, "c": Tensor("c", (1, 64), "s8"), "z": Tensor("z", (1, 192), "s8")}
    nodes = (*graph.nodes, Node("c", "pad", ("x",), ("c",), Pad((0, 0), (0, 0))),
             Node("z", "concat", ("c", "y"), ("z",), Concat(1)))
    assert placed_parts(Graph("g", tensors, nodes, ("x",), ("z",))) == {
        "a": ("y", 0), "b": ("y", 64), "c": ("z", 0), "y": ("z", 64)}
