"""A runtime's values against the references, node by node: what is a node's own, what came to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgec.lower.graph import Array, Graph, Node, Tensor
from edgec.lower.interpret import ends_run, run_node
from edgec.measure.parity.difference import Difference, between

# What a runtime has for a tensor, given what the reference expects; None when it has nothing.
Seen = Callable[[Tensor, Array], Array | None]


@dataclass(frozen=True)
class Layer:
    """One tensor that a node writes. total: None where the other runtime has no such tensor."""

    name: str
    op: str
    tensor: str
    dtype: str
    own: Difference
    total: Difference | None

    def __add__(self, other: Layer) -> Layer:
        """The same layer in one more run."""
        total = None if self.total is None or other.total is None else self.total + other.total
        return Layer(self.name, self.op, self.tensor, self.dtype, self.own + other.own, total)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"name": self.name, "op": self.op, "tensor": self.tensor, "dtype": self.dtype,
                "own": self.own.to_json(), "total": self.total and self.total.to_json()}


@dataclass(frozen=True)
class Reference:
    """A graph run by the numpy references: the value of every tensor, for one set of inputs."""

    graph: Graph
    inputs: Mapping[str, Array]
    values: Mapping[str, Array]


def walk(graph: Graph, seen: Seen, reference: Reference) -> Iterator[Layer]:
    """A layer for each tensor of `graph` that the runtime has; it ends where an exit ends the run.

    `graph` may be the reference's graph after a backend's passes. What the runtime does not have is
    computed from what it has.
    """
    values: dict[str, Array] = {n: t.data for n, t in graph.tensors.items() if t.data is not None}
    values.update(reference.inputs)
    nodes = {node.name: node for node in reference.graph.nodes}
    for node in graph.nodes:
        known = nodes.get(node.name) == node and _same_inputs(node, values, reference.values)
        computed = ([reference.values[name] for name in node.outputs] if known
                    else run_node(graph, node, values))
        for name, expected in zip(node.outputs, computed, strict=True):
            tensor = graph.tensors[name]
            got = seen(tensor, expected)
            values[name] = expected if got is None else got
            if got is not None:
                yield Layer(node.name, node.op, name, tensor.dtype, between(expected, got, tensor),
                            _total(reference, tensor, got))
        if ends_run(node, values):
            return


def _total(reference: Reference, tensor: Tensor, got: Array) -> Difference | None:
    other = reference.graph.tensors.get(tensor.name)
    if other is None or (other.shape, other.dtype) != (tensor.shape, tensor.dtype):
        return None
    return between(reference.values[tensor.name], got, tensor)


def _same_inputs(node: Node, values: Mapping[str, Array], others: Mapping[str, Array]) -> bool:
    """Whether the runtime gave a node the bytes that the reference gave it; constants are equal."""
    return all(name not in others or np.array_equal(values[name], others[name], equal_nan=True)
               for name in filter(None, node.inputs))
