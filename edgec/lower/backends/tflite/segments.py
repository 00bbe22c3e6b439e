"""Models with early exits: the nodes up to each exit are a subgraph with a signature of its own.

What a runner must know to walk them is a metadata entry of the file, `METADATA`, of little-endian
uint32:

    version (1), number of segments, number of model outputs
    for each model output    its segment, its position among the outputs of that signature
    for each segment         the model output that its exit judges and writes, 2^32 - 1 for none;
                             the exit's limit
    exponentials             the table of `edgec.model.confidence`

Segments run in the order of their signatures. The inputs of the first are the model's; later ones
read model inputs, and outputs of earlier segments, by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from edgec.lower.graph import Graph, Node
from edgec.model.confidence import exponentials

METADATA = "edgec.exits"
VERSION = 1
NO_EXIT = 2**32 - 1


def split(graph: Graph) -> tuple[Graph, ...]:
    """The graph cut behind every exit; itself where it has none."""
    pieces = _pieces(graph.nodes)
    if len(pieces) == 1:
        return (graph,)
    made = [{name for node in piece for name in node.outputs} for piece in pieces]
    reads = [_reads(graph, piece, own) for piece, own in zip(pieces, made, strict=True)]
    cut = []
    for i, piece in enumerate(pieces):
        later = {name for names in reads[i + 1:] for name in names}
        first = i == 0
        outputs = [name for name in graph.outputs
                   if name in made[i] or (first and graph.producer(name) is None)]
        crossing = [name for node in piece for name in node.outputs
                    if name in later and name not in outputs]
        cut.append(replace(graph, name=f"{graph.name}:{i}", nodes=piece,
                           inputs=graph.inputs if first else reads[i],
                           outputs=(*outputs, *crossing)))
    return tuple(cut)


def metadata(graph: Graph, segments: Sequence[Graph]) -> dict[str, bytes]:
    """What the module's docstring says, under its name; empty without exits."""
    if all(node.op != "exit" for node in graph.nodes):
        return {}
    place = {name: (i, position) for i, segment in enumerate(segments)
             for position, name in enumerate(segment.outputs) if name in graph.outputs}
    words = [VERSION, len(segments), len(graph.outputs)]
    for name in graph.outputs:
        words += place[name]
    for segment in segments:
        last = segment.nodes[-1]
        words += ([graph.outputs.index(last.outputs[0]), last.attributes.limit]
                  if last.op == "exit" else [NO_EXIT, 0])
    return {METADATA: np.asarray([*words, *exponentials()], "<u4").tobytes()}


def _pieces(nodes: Sequence[Node]) -> list[tuple[Node, ...]]:
    """The nodes up to each exit and behind the last one; no empty piece but for no nodes."""
    ends = [i + 1 for i, node in enumerate(nodes) if node.op == "exit"]
    bounds = [0, *ends, *([] if ends and ends[-1] == len(nodes) else [len(nodes)])]
    return [tuple(nodes[a:b]) for a, b in pairwise(bounds)]


def _reads(graph: Graph, piece: Sequence[Node], own: set[str]) -> tuple[str, ...]:
    """The tensors that a piece takes from before it, each once."""
    names = dict.fromkeys(name for node in piece for name in node.inputs if name)
    return tuple(n for n in names if n not in own and graph.tensors[n].data is None)
