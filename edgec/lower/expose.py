"""Graphs in which every written tensor is a model output: what a backend really computes.

It is the same nodes with the same kernels; only memory is never shared, since all tensors live to
the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edgec.lower.graph import Graph

OUTPUT_LIMIT = 200  # of one file; the .edgec format has room for 256


def expose(graph: Graph) -> Iterator[Graph]:
    """`graph` as often as it takes to have each written tensor as an output of one of them."""
    names = [name for node in graph.nodes for name in node.outputs]
    for start in range(0, len(names), OUTPUT_LIMIT):
        yield replace(graph, outputs=tuple(names[start:start + OUTPUT_LIMIT]))
