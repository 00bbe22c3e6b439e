"""Which scales of a QDQ graph must stay equal, and which must stay as they are.

Nodes that only move or select values have one scale on both sides, and so have the sides of a
Concat where they were made alike. Softmax, Sigmoid and Tanh keep what backends prescribe.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx_ir as ir

from edgec.compress.quantization import rules
from edgec.compress.quantization.scales import FIXED


def scale_classes(graph: ir.Graph) -> tuple[tuple[str, ...], ...]:
    """The names of activation scales, those that must stay equal together; fixed ones left out."""
    parent = {str(node.inputs[1].name): str(node.inputs[1].name)
              for node in graph if _is_pair(node) and node.inputs[1] is not None}

    def find(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for node in graph:
        if node.op_type in rules.SHARES or node.op_type == "Concat":
            ends = [*_scales_before(node), *_scales_after(node)]
            for end in ends[1:]:
                if _value(ends[0]) == _value(end):
                    parent[find(str(end.name))] = find(str(ends[0].name))
    fixed = {find(str(scale.name)) for node in graph if node.op_type in FIXED
             for scale in _scales_after(node) if _value(scale) == FIXED[node.op_type].scale}
    found: dict[str, list[str]] = {}
    for name in parent:
        if find(name) not in fixed:
            found.setdefault(find(name), []).append(name)
    return tuple(tuple(names) for names in found.values())


def _is_pair(node: ir.Node) -> bool:
    """Whether a QuantizeLinear of an activation."""
    return node.op_type == "QuantizeLinear" and rules.constant(node.inputs[0]) is None


def _scales_before(node: ir.Node) -> Iterator[ir.Value]:
    """The scales of the node's dequantized inputs, constants left out."""
    for value in node.inputs:
        source = None if value is None else value.producer()
        if source is not None and source.op_type == "DequantizeLinear" \
                and rules.constant(source.inputs[0]) is None and source.inputs[1] is not None:
            yield source.inputs[1]


def _scales_after(node: ir.Node) -> Iterator[ir.Value]:
    """The scales with which the node's outputs are quantized."""
    for value in node.outputs:
        for user in value.consumers():
            if user.op_type == "QuantizeLinear" and user.inputs[1] is not None:
                yield user.inputs[1]


def _value(scale: ir.Value) -> float:
    found = rules.constant(scale)
    return float("nan") if found is None else float(np.asarray(found).reshape(-1)[0])
