"""Is this graph well formed? Run after the import and after every pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from edgec.errors import LoweringError
from edgec.lower import catalog
from edgec.lower.graph import DTYPES, Graph, Node, Tensor

_SAME_TYPE = frozenset({"add", "sub", "mul", "conv2d", "depthwise_conv2d", "fully_connected",
                        "conv2d_add", "fully_connected_add",
                        "batch_matmul", "average_pool2d", "mean", "softmax", "layer_norm",
                        "resize", "exit"})
_CHANGES: Mapping[str, frozenset[tuple[str, str]]] = MappingProxyType({
    "quantize": frozenset({("f32", "s8")}),
    "lut": frozenset({("s8", "s8"), ("u8", "s8"), ("s8", "u8")}),
    "dequantize": frozenset({("s8", "f32"), ("s32", "f32")})})
_SHOWN = 10


def verify(graph: Graph, after: str = "") -> Graph:
    """`graph` itself; LoweringError that lists what is wrong, and `after` which pass."""
    problems = list(_problems(graph))
    if problems:
        lines = "\n".join(f"  {p}" for p in problems[:_SHOWN])
        more = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise LoweringError(f"the graph {graph.name!r} is not well formed"
                            f"{f' after {after}' if after else ''}:\n{lines}{more}")
    return graph


def _problems(graph: Graph) -> Iterator[str]:
    for name, tensor in graph.tensors.items():
        yield from _tensor_problems(name, tensor)
    missing = list(_missing(graph))
    yield from missing
    yield from _order_problems(graph)
    if missing:
        return  # nothing more can be said about a graph with holes
    for node in graph.nodes:
        yield from _node_problems(graph, node)


def _tensor_problems(name: str, tensor: Tensor) -> Iterator[str]:
    if tensor.name != name or not name:
        yield f"the tensor {tensor.name!r} is kept under the name {name!r}"
    if tensor.dtype not in DTYPES:
        yield f"{name!r} has type {tensor.dtype!r}; there are {', '.join(DTYPES)}"
        return
    if any(dim < 1 for dim in tensor.shape):
        yield f"{name!r} has shape {tensor.shape}; every dimension must be at least 1"
    if tensor.data is not None and (tensor.data.shape != tensor.shape
                                    or tensor.data.dtype != DTYPES[tensor.dtype]):
        yield (f"the constant {name!r} holds {tensor.data.dtype}{list(tensor.data.shape)}, not "
               f"{tensor.dtype}{list(tensor.shape)}")
    if tensor.quantization is not None:
        yield from _quantization_problems(tensor)


def _quantization_problems(tensor: Tensor) -> Iterator[str]:
    parameters = tensor.quantization
    assert parameters is not None
    if tensor.dtype not in ("s8", "u8", "s32"):
        yield f"{tensor.name!r} is {tensor.dtype} but has a scale"
    if not np.all(np.isfinite(parameters.scale) & (parameters.scale > 0)):
        yield f"{tensor.name!r} has a scale that is not a positive number"
    axis = parameters.axis
    if axis is not None and (not 0 <= axis < len(tensor.shape)
                             or parameters.scale.size != tensor.shape[axis]):
        yield (f"{tensor.name!r} of shape {tensor.shape} has {parameters.scale.size} scales along "
               f"axis {axis}")


def _missing(graph: Graph) -> Iterator[str]:
    for name in (*graph.inputs, *graph.outputs):
        if name not in graph.tensors:
            yield f"the graph's input or output {name!r} does not exist"
    for node in graph.nodes:
        for name in (*node.inputs, *node.outputs):
            if name and name not in graph.tensors:
                yield f"node {node.name!r} uses {name!r}, which does not exist"
        if not node.inputs or not node.outputs or not all(node.outputs):
            yield f"node {node.name!r} lacks an input or output"


def _order_problems(graph: Graph) -> Iterator[str]:
    """Unique node names; every tensor written once, before it is read."""
    for name, count in Counter(n.name for n in graph.nodes).items():
        if count > 1 or not name:
            yield f"{count} nodes have the name {name!r}"
    known = {n for n, t in graph.tensors.items() if t.data is not None} | set(graph.inputs)
    for node in graph.nodes:
        yield from (f"node {node.name!r} reads {name!r} before it is written"
                    for name in node.inputs if name and name not in known)
        yield from (f"node {node.name!r} writes {name!r}, which is written already"
                    for name in node.outputs if name in known)
        known.update(node.outputs)
    yield from (f"the output {name!r} is never written" for name in graph.outputs
                if name not in known)


def _node_problems(graph: Graph, node: Node) -> Iterator[str]:
    op = catalog.ops().get(node.op)
    if op is None:
        yield f"node {node.name!r} has the op {node.op!r}, which does not exist"
        return
    if type(node.attributes) is not op.attributes:
        yield (f"node {node.name!r} ({node.op}) has attributes of type "
               f"{type(node.attributes).__name__}, not {op.attributes.__name__}")
        return
    inputs = [graph.tensors[n] if n else None for n in node.inputs]
    outputs = [graph.tensors[n] for n in node.outputs]
    where = f"node {node.name!r} ({node.op})"
    try:
        shapes = [tuple(s) for s in op.shapes(node.attributes, inputs)]
    except LoweringError as error:
        yield f"{where}: {error}"
        return
    if shapes != [t.shape for t in outputs]:
        yield f"{where} gives {shapes}, but its output has {[t.shape for t in outputs]}"
    yield from (f"{where}: {p}" for p in _type_problems(node, inputs, outputs[0]))
    if any(t.dtype == "s8" for t in outputs):
        yield from (f"{where}: {r}" for r in op.broken_rules(node.attributes, inputs, outputs))


def _type_problems(node: Node, inputs: Sequence[Tensor | None], output: Tensor) -> Iterator[str]:
    types = {t.dtype for t in (*inputs, output) if t is not None}
    first = inputs[0]
    assert first is not None
    change = (first.dtype, output.dtype)
    if catalog.is_movement(node.op, node.attributes) or node.op in _SAME_TYPE:
        if first.dtype != output.dtype:
            yield f"it turns {first.dtype} into {output.dtype}"
    elif node.op in _CHANGES and change not in _CHANGES[node.op]:
        yield f"it turns {first.dtype} into {output.dtype}"
    elif (node.op in catalog.FLOAT_ONLY or node.op == "unary") and types != {"f32"}:
        yield f"it runs in float32 only, not with {', '.join(sorted(types))}"
