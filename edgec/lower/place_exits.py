"""Puts the exits that a model's metadata names into its graph, each as early as it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgec.errors import LoweringError
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.exit import Exit
from edgec.model.confidence import sum_limit
from edgec.model.exits import Exit as Named


def place_exits(graph: Graph, exits: Sequence[Named]) -> Graph:
    """After all passes: an exit node behind the logits of each exit, which keep their name.

    Nodes are ordered anew so that only what an exit needs runs before it. LoweringError where an
    exit's output is no computed float32.
    """
    for found in exits:
        graph = _with_node(graph, found)
    order: list[Node] = []
    for found in exits:
        needed = _needs(graph, found.output)
        order += [n for n in graph.nodes if n.name in needed and n not in order]
    return replace(graph, nodes=(*order, *(n for n in graph.nodes if n not in order)))


def _with_node(graph: Graph, found: Named) -> Graph:
    producer = graph.producer(found.output)
    tensor = graph.tensors[found.output]
    if producer is None or tensor.dtype != "f32":
        raise LoweringError(f"the exit {found.output!r} is {tensor.dtype}"
                            f"{' and nothing computes it' if producer is None else ''}; an exit "
                            "must be computed float32 logits. Place the exits again.")
    inner = f"{found.output}:logits"
    node = Node(f"{found.output}:exit", "exit", (inner,), (found.output,),
                Exit(sum_limit(found.threshold)))
    nodes = tuple(_renamed(n, found.output, inner) for n in graph.nodes)
    return replace(graph, tensors={**graph.tensors, inner: replace(tensor, name=inner)},
                   nodes=(*nodes, node))


def _renamed(node: Node, old: str, new: str) -> Node:
    def mapped(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in names)

    return replace(node, inputs=mapped(node.inputs), outputs=mapped(node.outputs))


def _needs(graph: Graph, output: str) -> set[str]:
    """The names of the nodes that a tensor depends on."""
    found: set[str] = set()
    waiting = [output]
    while waiting:
        node = graph.producer(waiting.pop())
        if node is not None and node.name not in found:
            found.add(node.name)
            waiting += [name for name in node.inputs if name]
    return found
