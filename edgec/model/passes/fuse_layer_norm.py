"""Recognizes layer normalization that an exporter spelled out, as one LayerNormalization node.

    mean = ReduceMean(x); d = x - mean; variance = ReduceMean(d * d)
    y = d / Sqrt(variance + epsilon) * gamma + beta

over the last axis; d may be computed twice, d * d may be Pow(d, 2), the division may be a product
with Reciprocal. A model below opset 17, which has no LayerNormalization, is converted to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.model.opset import convert_opset
from edgec.model.passes import fold_constants
from edgec.model.passes._match import (
    array_of,
    axes_of,
    is_number,
    made_by,
    number_of,
    only_reader,
    other_input,
)
from edgec.model.passes._unused import remove_unused

OPSET = 17


@dataclass(frozen=True)
class _Match:
    """x, the scaling constants (None: ones, zeros), epsilon, and the value that comes out."""

    x: ir.Value
    gamma: ir.Value | None
    beta: ir.Value | None
    epsilon: float
    result: ir.Value


def run(model: ir.Model) -> ir.Model:
    """Fuses every such pattern."""
    if _matches(model.graph) and model.opset_imports.get("", 1) < OPSET:
        model = fold_constants.run(convert_opset(model, OPSET))
    for match in _matches(model.graph):
        _fuse(model.graph, match)
    remove_unused(model.graph)
    return model


def _matches(graph: ir.Graph) -> list[_Match]:
    found = (_match(node) for node in graph if node.op_type == "Sqrt" and not node.domain)
    return [match for match in found if match is not None]


def _match(sqrt: ir.Node) -> _Match | None:
    add = made_by(sqrt.inputs[0], "Add")
    if add is None:
        return None
    variance = next((v for v in add.inputs if made_by(v, "ReduceMean")), None)
    epsilon = number_of(other_input(add, variance))
    x = _centred_input(_squared(made_by(variance, "ReduceMean")))
    divided = _division(sqrt)
    if x is None or epsilon is None or divided is None or _centred_input(divided[0]) is not x:
        return None
    gamma, result = _scaled(divided[1], "Mul", x)
    beta, result = _scaled(result, "Add", x)
    return _Match(x, gamma, beta, epsilon, result)


def _squared(mean: ir.Node | None) -> ir.Value | None:
    """d, if `mean` is the mean of d * d over the last axis."""
    if mean is None or not _over_last_axis(mean):
        return None
    square = made_by(mean.inputs[0], "Pow", "Mul")
    if square is None:
        return None
    same = square.inputs[0] is square.inputs[1] if square.op_type == "Mul" else is_number(
        square.inputs[1], 2.0)
    return square.inputs[0] if same else None


def _centred_input(centred: ir.Value | None) -> ir.Value | None:
    """x, if `centred` is x minus its mean over the last axis."""
    sub = made_by(centred, "Sub")
    mean = None if sub is None else made_by(sub.inputs[1], "ReduceMean")
    if sub is None or mean is None or not _over_last_axis(mean):
        return None
    return sub.inputs[0] if mean.inputs[0] is sub.inputs[0] else None


def _over_last_axis(mean: ir.Node) -> bool:
    value = mean.inputs[0]
    return (value is not None and value.shape is not None
            and axes_of(mean) == (len(value.shape) - 1,)
            and mean.attributes.get_int("keepdims", 1) == 1)


def _division(sqrt: ir.Node) -> tuple[ir.Value, ir.Value] | None:
    """(d, d / sqrt), if the square root only divides."""
    root = sqrt.outputs[0]
    node = only_reader(root, "Div")
    if node is not None and node.inputs[0] is not None and node.inputs[1] is root:
        return node.inputs[0], node.outputs[0]
    inverse = only_reader(root, "Reciprocal")
    product = None if inverse is None else only_reader(inverse.outputs[0], "Mul")
    if inverse is None or product is None:
        return None
    centred = other_input(product, inverse.outputs[0])
    return None if centred is None else (centred, product.outputs[0])


def _scaled(value: ir.Value, op: str, x: ir.Value) -> tuple[ir.Value | None, ir.Value]:
    """The constant over the last axis that `op` applies to `value`, and what it makes of it."""
    node = only_reader(value, op)
    constant = None if node is None else other_input(node, value)
    array = array_of(constant)
    assert x.shape is not None
    if node is None or array is None or array.shape != (x.shape[-1],):
        return None, value
    return constant, node.outputs[0]


def _fuse(graph: ir.Graph, match: _Match) -> None:
    last = match.result.producer()
    assert last is not None
    gamma = match.gamma or _constant(graph, last, match, 1.0)
    inputs = [match.x, gamma] + ([match.beta] if match.beta is not None else [])
    node = ir.node("LayerNormalization", inputs, attributes={"axis": -1, "epsilon": match.epsilon},
                   name=f"{last.name}/layer_norm")
    output, name = node.outputs[0], match.result.name
    output.type, output.shape = match.result.type, match.result.shape
    match.result.name, output.name = f"{name}/unfused", name
    graph.insert_after(last, node)
    ir.convenience.replace_all_uses_with(match.result, output, replace_graph_outputs=True)


def _constant(graph: ir.Graph, node: ir.Node, match: _Match, number: float) -> ir.Value:
    assert match.x.shape is not None
    assert match.x.dtype is not None
    data = np.full(match.x.shape.numpy()[-1], number, match.x.dtype.numpy())
    name = f"{node.name}/gamma"
    value = ir.Value(name=name, shape=ir.Shape(data.shape), type=ir.TensorType(match.x.dtype),
                     const_value=ir.tensor(data, name=name))
    graph.register_initializer(value)
    return value


PLUGIN = run
