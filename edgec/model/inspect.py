"""What a model is made of and what it costs on paper: shapes, MACs, parameters, bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import onnx_ir as ir

from edgec.errors import ModelError
from edgec.model.passes.infer_shapes import is_static

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ValueSummary:
    """An input or output: name, element type as ONNX names it, static shape."""

    name: str
    dtype: str
    shape: Shape


@dataclass(frozen=True)
class NodeSummary:
    """One node. `parameters` and `weight_bytes` count constants that no earlier node uses.

    The constants of a QuantizeLinear or DequantizeLinear on a weight count for the node that
    computes with the weight. `macs` are multiply-accumulates of one run.
    """

    name: str
    op: str
    shape: Shape
    macs: int
    parameters: int
    weight_bytes: int


@dataclass(frozen=True)
class ModelSummary:
    """A model: its nodes in order, inputs, outputs, and totals over all nodes."""

    inputs: tuple[ValueSummary, ...]
    outputs: tuple[ValueSummary, ...]
    nodes: tuple[NodeSummary, ...]
    macs: int
    parameters: int
    weight_bytes: int


def inspect_model(model: ir.Model) -> ModelSummary:
    """The summary of a model as `load_model` returns it; ModelError when a shape is not static."""
    seen: set[str] = set()
    nodes = tuple(_summarize(node, seen) for node in model.graph)
    return ModelSummary(
        tuple(_value(v) for v in model.graph.inputs), tuple(_value(v) for v in model.graph.outputs),
        nodes, sum(n.macs for n in nodes), sum(n.parameters for n in nodes),
        sum(n.weight_bytes for n in nodes))


def node_macs(node: ir.Node, shape_of: Callable[[ir.Value | None], Shape] | None = None) -> int:
    """Multiply-accumulates of one run of `node`; 0 for ops that are not sums of products.

    shape_of: gives other shapes than the present ones, to ask what a smaller model would cost.
    """
    if node.domain or node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    of = static_shape if shape_of is None else shape_of
    first, second = of(node.inputs[0]), of(node.inputs[1])
    out = math.prod(of(node.outputs[0]))
    if node.op_type == "Conv":
        return out * math.prod(second[1:])
    if node.op_type == "ConvTranspose":
        return math.prod(first) * math.prod(second[1:])
    if node.op_type == "Gemm":
        return out * first[0 if node.attributes.get_int("transA", 0) else 1]
    return out * first[-1]


def static_shape(value: ir.Value | None) -> Shape:
    """The dimensions of `value`; ModelError when they are not all known."""
    assert value is not None
    tensor = value.const_value
    if tensor is not None:
        return tuple(int(dim) for dim in tensor.shape.numpy())
    if not is_static(value):
        raise ModelError(f"the shape of {value.name!r} is not known. Load the model with "
                         "load_model, which infers the shapes.")
    assert value.shape is not None
    return tuple(dim for dim in value.shape if isinstance(dim, int))


def _summarize(node: ir.Node, seen: set[str]) -> NodeSummary:
    parameters = size = 0
    if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or _reads_activation(node):
        for value, is_parameter in _constants(node):
            if str(value.name) in seen:
                continue
            seen.add(str(value.name))
            assert value.const_value is not None
            parameters += value.const_value.size if is_parameter else 0
            size += value.const_value.nbytes
    op = f"{node.domain}::{node.op_type}" if node.domain else node.op_type
    return NodeSummary(node.name or "", op, static_shape(node.outputs[0]), node_macs(node),
                       parameters, size)


def _reads_activation(node: ir.Node) -> bool:
    return not any(True for _ in _behind_qdq(node.inputs[0]))


def _constants(node: ir.Node) -> list[tuple[ir.Value, bool]]:
    """The constants that `node` computes with; True for numbers that training chose.

    Those are floats and quantized floats; shapes, indices, scales and zero points are not.
    """
    is_qdq = node.op_type in ("QuantizeLinear", "DequantizeLinear")
    found: list[tuple[ir.Value, bool]] = []
    for value in node.inputs:
        if value is None:
            continue
        if value.const_value is not None:
            found.append((value, not is_qdq and value.const_value.dtype.is_floating_point()))
        elif not is_qdq:
            found += _behind_qdq(value)
    return found


def _behind_qdq(value: ir.Value | None) -> list[tuple[ir.Value, bool]]:
    """The constants behind `value` if it is a constant that went through Q and DQ nodes."""
    if value is None:
        return []
    if value.const_value is not None:
        return [(value, True)]
    node = value.producer()
    if node is None or node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
        return []
    source = _behind_qdq(node.inputs[0])
    if not source:
        return []
    return source + [(v, False) for v in node.inputs[1:] if v is not None]


def _value(value: ir.Value) -> ValueSummary:
    return ValueSummary(str(value.name), value.dtype.name if value.dtype else "?",
                        static_shape(value))
