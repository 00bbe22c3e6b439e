"""Small seeded graphs of one node, for every op: what each backend must compute like the reference.

A module here holds a family of ops. Its PLUGIN maps the name of an op to a generator of Cases.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec import registry
from edgec.lower import catalog
from edgec.lower.graph import DTYPES, Array, Graph, Node, Quantization, Tensor

DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass(frozen=True)
class Operand:
    """A tensor of a case; `values` fills it when it is not a constant."""

    tensor: Tensor
    values: Array | None


@dataclass(frozen=True)
class Case:
    """One node. tolerance: relative and absolute, for float outputs; 0 means equal bytes."""

    name: str
    op: str
    graph: Graph
    inputs: Mapping[str, Array]
    tolerance: float = 0.0


def rng_for(name: str) -> np.random.Generator:
    """The same random numbers for the same name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def per_tensor(scale: float, zero_point: int = 0) -> Quantization:
    """One scale and zero point."""
    return Quantization(np.float32(scale), np.int32(zero_point))


def given(name: str, values: Any, quantization: Quantization | None = None) -> Operand:
    """An activation: filled at each run."""
    array = np.ascontiguousarray(values)
    shape = np.shape(values)
    tensor = Tensor(name, shape, DTYPE_NAMES[array.dtype], quantization)
    return Operand(tensor, array.reshape(shape))


def constant(name: str, values: Any, quantization: Quantization | None = None) -> Operand:
    """A constant: weights, a table."""
    array = np.asarray(values)
    return Operand(Tensor(name, array.shape, DTYPE_NAMES[array.dtype], quantization, array), None)


def case(name: str, attributes: Any, operands: Sequence[Operand | None], output: str = "f32",
         quantization: Quantization | None = None, tolerance: float = 0.0) -> Case:
    """A graph of one node; output: its type, with the quantization of an s8 one."""
    op_name = catalog.op_name(attributes)
    inputs = [None if o is None else o.tensor for o in operands]
    shape, = catalog.ops()[op_name].shapes(attributes, inputs)
    y = Tensor("y", tuple(shape), output, quantization)
    present = [o for o in operands if o is not None]
    node = Node(name, op_name, tuple(t.name if t else "" for t in inputs), ("y",), attributes)
    runtime = {o.tensor.name: o.values for o in present if o.values is not None}
    graph = Graph(name, {**{o.tensor.name: o.tensor for o in present}, "y": y}, (node,),
                  tuple(runtime), ("y",))
    return Case(name, op_name, graph, runtime, tolerance)


@cache
def generators() -> Mapping[str, Callable[[], Iterator[Case]]]:
    """A generator of cases for each op."""
    found: dict[str, Callable[[], Iterator[Case]]] = {}
    for family in registry.load_all(__name__, "family of cases").values():
        found.update(family)
    return MappingProxyType(found)


@cache
def cases_of(op: str) -> tuple[Case, ...]:
    """All cases of an op; their names differ."""
    cases = tuple(generators()[op]())
    assert len({c.name for c in cases}) == len(cases), [c.name for c in cases]
    return cases


def merged(cases: Sequence[Case]) -> tuple[Graph, dict[str, Array]]:
    """One graph that holds all of them side by side, so that one run does them all."""
    tensors: dict[str, Tensor] = {}
    nodes, inputs, outputs = [], {}, []
    for number, one in enumerate(cases):
        def rename(name: str, number: int = number) -> str:
            return f"{number}.{name}" if name else ""
        for tensor in one.graph.tensors.values():
            tensors[rename(tensor.name)] = replace(tensor, name=rename(tensor.name))
        node, = one.graph.nodes
        nodes.append(replace(node, inputs=tuple(map(rename, node.inputs)),
                             outputs=tuple(map(rename, node.outputs))))
        inputs.update({rename(name): values for name, values in one.inputs.items()})
        outputs.append(rename("y"))
    graph = Graph("cases", tensors, tuple(nodes), tuple(inputs), tuple(outputs))
    return graph, inputs
