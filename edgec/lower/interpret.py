"""Runs a graph by the ops' numpy references: slow, exact, the judge of every backend."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgec.errors import DataError
from edgec.lower import catalog
from edgec.lower.constants import real_value
from edgec.lower.graph import DTYPES, Array, Graph, Node


def interpret(graph: Graph, inputs: Mapping[str, Array], all_tensors: bool = False
              ) -> dict[str, Array]:
    """The outputs for `inputs`, by name; with `all_tensors` every tensor that a node writes too.

    Where an exit ends the run, what later nodes would have written is 0.

    Raises DataError when an input is missing, unknown, or of another shape or type.
    """
    _check_inputs(graph, inputs)
    values: dict[str, Array] = {n: t.data for n, t in graph.tensors.items() if t.data is not None}
    values.update({name: np.asarray(value) for name, value in inputs.items()})
    for node in graph.nodes:
        values.update(zip(node.outputs, run_node(graph, node, values), strict=True))
        if ends_run(node, values):
            break
    written = (name for node in graph.nodes for name in node.outputs) if all_tensors else ()
    return {name: values[name] if name in values else _zeros(graph, name)
            for name in (*written, *graph.outputs)}


def ends_run(node: Node, values: Mapping[str, Array]) -> bool:
    """Whether `node` is an exit that ends the run, with these values of its inputs."""
    return catalog.ops()[node.op].ends_run(
        node.attributes, [values[name] if name else None for name in node.inputs])


def _zeros(graph: Graph, name: str) -> Array:
    """What an exit left unwritten."""
    tensor = graph.tensors[name]
    return np.zeros(tensor.shape, DTYPES[tensor.dtype])


def run_node(graph: Graph, node: Node, values: Mapping[str, Array]) -> list[Array]:
    """The outputs of one node of `graph`; `values` holds its inputs by name."""
    inputs = [graph.tensors[name] if name else None for name in node.inputs]
    outputs = [graph.tensors[name] for name in node.outputs]
    first = inputs[0]
    if node.op == "dequantize" and first is not None and first.data is not None:
        return [real_value(first)]  # weights, which may be per channel; only before the passes
    arrays = [values[name] if name else None for name in node.inputs]
    return catalog.ops()[node.op].reference(node.attributes, arrays, inputs, outputs)


def _check_inputs(graph: Graph, inputs: Mapping[str, Array]) -> None:
    if set(inputs) != set(graph.inputs):
        raise DataError(f"the graph {graph.name!r} has the inputs {', '.join(graph.inputs)}; "
                        f"given were {', '.join(inputs) or 'none'}. Give each of them once.")
    for name, value in inputs.items():
        tensor = graph.tensors[name]
        if np.shape(value) != tensor.shape or np.asarray(value).dtype != DTYPES[tensor.dtype]:
            raise DataError(f"the input {name!r} is {np.asarray(value).dtype}"
                            f"{list(np.shape(value))}; the graph needs {DTYPES[tensor.dtype]}"
                            f"{list(tensor.shape)}. Reshape or convert it.")
