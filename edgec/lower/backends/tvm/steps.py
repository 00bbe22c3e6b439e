"""Cuts a graph into steps of a TVM program: a node that TVM computes, or a run of layers of ours.

Our engine takes whatever has an int8 tensor, and the float32 ops that need tuned kernels. The nodes
that follow each other there are one call: between them nothing is copied. Alone, TVM takes all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from edgec import registry
from edgec.format.plan_file import PlanFile
from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter
from edgec.lower.graph import Graph

PACKAGE = "edgec.lower.backends.tvm"
PREFIX = "emit_"


@dataclass(frozen=True)
class Layers:
    """Layers [first, last) of the engine's file: tensors by name and by index in the file."""

    first: int
    last: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    indices: tuple[int, ...]


Step = Layers | Site


@cache
def emitters() -> dict[str, Emitter]:
    """The PLUGIN of every module `emit_<op>`, by op."""
    return {name.removeprefix(PREFIX): registry.load(PACKAGE, name, "tvm emitter")
            for name in registry.names(PACKAGE) if name.startswith(PREFIX)}


def can(site: Site) -> bool:
    """Whether TVM could compute the node."""
    emitter = emitters().get(site.node.op)
    return emitter is not None and not has_int8(site) and emitter.can(site)


def has_int8(site: Site) -> bool:
    """Whether a tensor of the node is int8."""
    return any(t is not None and t.dtype == "s8" for t in (*site.inputs, *site.outputs))


def by_tvm(site: Site) -> bool:
    """Whether TVM computes the node beside our engine."""
    return can(site) and emitters()[site.node.op].beside_ours(site)


def steps(graph: Graph, file: PlanFile) -> list[Step]:
    """The steps in order; `file` has a node for each of the graph's."""
    assert len(file.nodes) == len(graph.nodes)
    made: list[Step] = []
    first = 0
    for i, node in enumerate(graph.nodes):
        site = Site.of(node, graph.tensors)
        if by_tvm(site):
            made += [*_layers(graph, file, first, i), site]
            first = i + 1
    return [*made, *_layers(graph, file, first, len(graph.nodes))]


def sites(graph: Graph) -> tuple[Site, ...]:
    """The steps of TVM alone."""
    return tuple(Site.of(node, graph.tensors) for node in graph.nodes)


def _layers(graph: Graph, file: PlanFile, first: int, last: int) -> Iterator[Layers]:
    """The call of a range; none for an empty one, or one whose results nobody reads."""
    nodes = file.nodes[first:last]
    written = _unique(i for node in nodes for i in node.outputs)
    read = _unique(i for node in nodes for i in node.inputs
                   if i >= 0 and file.tensors[i].data is None and i not in written)
    wanted = {*graph.outputs, *(name for i, node in enumerate(graph.nodes)
                                if not first <= i < last for name in node.inputs)}
    kept = [i for i in written if file.tensors[i].name in wanted]
    if kept:
        yield Layers(first, last, _names(file, read), _names(file, kept), (*read, *kept))


def _unique(indices: Iterator[int]) -> list[int]:
    return list(dict.fromkeys(indices))


def _names(file: PlanFile, indices: Sequence[int]) -> tuple[str, ...]:
    return tuple(file.tensors[i].name for i in indices)
