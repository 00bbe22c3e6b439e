"""Nodes that move nothing because their tensors lie inside of one another.

A reshape's output is its input. A slice in one piece is a part of its input. What a concatenation
joins are parts of its output, where they lie in one piece: whoever makes a part writes it there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from edgec.format.views import parts_in_one_piece, slice_offset
from edgec.lower.graph import DTYPES, Graph, Node, Tensor
from edgec.lower.packing import ALIGNMENT


def view_of_input(node: Node, tensors: Mapping[str, Tensor]) -> int | None:
    """The byte of its first input at which the node's output lies; None if the node moves data."""
    if node.op == "reshape":
        return 0
    if node.op != "slice":
        return None
    x, box = tensors[node.inputs[0]], node.attributes
    first = slice_offset(x.shape, box.length, box.start, box.step)
    size = DTYPES[x.dtype].itemsize
    return None if first is None or first * size % ALIGNMENT else first * size


def placed_parts(graph: Graph) -> dict[str, tuple[str, int]]:
    """Tensors to be made where a concatenation wants them: its output, and the byte in it.

    Not those that the model gets or holds, that are views themselves, that are joined before, or
    that share memory with another part: no memory is in two places.
    """
    viewed = {node.outputs[0]: node.inputs[0] for node in graph.nodes
              if view_of_input(node, graph.tensors) is not None}
    made = {name for node in graph.nodes for name in node.outputs} - set(viewed)
    placed: dict[str, tuple[str, int]] = {}

    def whole(name: str) -> str:
        while name in viewed or name in placed:
            name = viewed[name] if name in viewed else placed[name][0]
        return name

    for node in graph.nodes:
        counts = Counter(whole(name) for name in node.inputs)
        wanted = {name: (node.outputs[0], at) for name, at in _parts(node, graph.tensors)
                  if name in made and name not in placed and at % ALIGNMENT == 0
                  and counts[whole(name)] == 1}
        placed.update(wanted)
    return placed


def _parts(node: Node, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, int]]:
    """The inputs of a concatenation in one piece, each with its first byte of the output."""
    shape = tensors[node.outputs[0]].shape
    if node.op != "concat" or not parts_in_one_piece(shape, node.attributes.axis % len(shape)):
        return
    at = 0
    for name in node.inputs:
        yield name, at
        at += tensors[name].nbytes
