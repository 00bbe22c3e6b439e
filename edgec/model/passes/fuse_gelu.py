"""Recognizes the Gaussian error linear unit that an exporter spelled out, as one Gelu node.

    y = 0.5 * x * (1 + Erf(x / sqrt(2)))      (Hendrycks and Gimpel, arXiv:1606.08415)

with the three factors multiplied in any order. A model below opset 20, which has no Gelu, is
converted to it.
"""

from __future__ import annotations

import math

import onnx_ir as ir

from edgec.model.opset import convert_opset
from edgec.model.passes import fold_constants
from edgec.model.passes._match import is_number, made_by, only_reader, other_input
from edgec.model.passes._unused import remove_unused

OPSET = 20


def run(model: ir.Model) -> ir.Model:
    """Fuses every such pattern."""
    if _matches(model.graph) and model.opset_imports.get("", 1) < OPSET:
        model = fold_constants.run(convert_opset(model, OPSET))
    for x, result in _matches(model.graph):
        _fuse(model.graph, x, result)
    remove_unused(model.graph)
    return model


def _matches(graph: ir.Graph) -> list[tuple[ir.Value, ir.Value]]:
    found = (_match(node) for node in graph if node.op_type == "Erf" and not node.domain)
    return [match for match in found if match is not None]


def _match(erf: ir.Node) -> tuple[ir.Value, ir.Value] | None:
    """(x, y), when the node is the Erf of a Gelu."""
    x = _unscaled(erf.inputs[0])
    add = only_reader(erf.outputs[0], "Add")
    if x is None or add is None or not is_number(other_input(add, erf.outputs[0]), 1.0):
        return None
    first = only_reader(add.outputs[0], "Mul")
    if first is None:
        return None
    factor = other_input(first, add.outputs[0])
    if _is_half_of(factor, x):
        return x, first.outputs[0]
    second = only_reader(first.outputs[0], "Mul")
    rest = None if second is None else other_input(second, first.outputs[0])
    if second is None or not ((factor is x and is_number(rest, 0.5))
                              or (is_number(factor, 0.5) and rest is x)):
        return None
    return x, second.outputs[0]


def _unscaled(value: ir.Value | None) -> ir.Value | None:
    """x, if `value` is x / sqrt(2)."""
    node = made_by(value, "Div", "Mul")
    if node is None:
        return None
    if node.op_type == "Div":
        return node.inputs[0] if is_number(node.inputs[1], math.sqrt(2.0)) else None
    return next((other_input(node, v) for v in node.inputs if is_number(v, math.sqrt(0.5))), None)


def _is_half_of(value: ir.Value | None, x: ir.Value) -> bool:
    node = made_by(value, "Mul")
    return node is not None and is_number(other_input(node, x), 0.5)


def _fuse(graph: ir.Graph, x: ir.Value, result: ir.Value) -> None:
    last = result.producer()
    assert last is not None
    node = ir.node("Gelu", [x], name=f"{last.name}/gelu")
    output, name = node.outputs[0], result.name
    output.type, output.shape = result.type, result.shape
    result.name, output.name = f"{name}/unfused", name
    graph.insert_after(last, node)
    ir.convenience.replace_all_uses_with(result, output, replace_graph_outputs=True)


PLUGIN = run
