"""Replaces sequences of tensors, which exporters use for split and stack, by plain tensors.

SplitToSequence whose parts are picked by constant SequenceAt becomes Split; SequenceConstruct that
goes into ConcatFromSequence becomes Concat, of unsqueezed parts where it makes a new axis.
"""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir

from edgec.model.passes._match import array_of, made_by
from edgec.model.passes._unused import remove_unused


def run(model: ir.Model) -> ir.Model:
    """Replaces every such sequence whose sizes and positions are constant."""
    for node in list(model.graph):
        if node.op_type == "SplitToSequence" and not node.domain:
            _to_split(model.graph, node)
        elif node.op_type == "ConcatFromSequence" and not node.domain:
            _to_concat(model.graph, node)
    remove_unused(model.graph)
    return model


def _to_split(graph: ir.Graph, node: ir.Node) -> None:
    picks = node.outputs[0].consumers()
    sizes = _sizes(node)
    if sizes is None or any(made_by(p.outputs[0], "SequenceAt") is None
                            or array_of(p.inputs[1]) is None for p in picks):
        return
    axis, keep = node.attributes.get_int("axis", 0), node.attributes.get_int("keepdims", 1)
    wanted = _constant(graph, f"{node.outputs[0].name}/sizes", sizes)
    split = ir.node("Split", [node.inputs[0], wanted], attributes={"axis": axis}, name=node.name,
                    num_outputs=len(sizes))
    for i, part in enumerate(split.outputs):
        part.name = f"{node.outputs[0].name}/{i}"
    graph.insert_after(node, split)
    for pick in picks:
        position = array_of(pick.inputs[1])
        assert position is not None
        part = split.outputs[int(position)]
        if len(node.inputs) < 2 and not keep:
            axes = _constant(graph, f"{part.name}/axes", [axis])
            squeeze = ir.node("Squeeze", [part, axes], name=f"{pick.name}/squeeze")
            graph.insert_after(split, squeeze)
            part = squeeze.outputs[0]
        _take_over(graph, pick, part)


def _sizes(node: ir.Node) -> list[int] | None:
    """The sizes of the parts; None when they depend on data."""
    value = node.inputs[0]
    length = None
    if value is not None and value.shape is not None:
        length = value.shape[node.attributes.get_int("axis", 0)]
    if len(node.inputs) > 1 and node.inputs[1] is not None:
        split = array_of(node.inputs[1])
        if split is None:
            return None
        if split.ndim:
            return [int(size) for size in split]
        piece = int(split)
    else:
        piece = 1
    if not isinstance(length, int) or piece < 1:
        return None
    return [min(piece, length - i * piece) for i in range(math.ceil(length / piece))]


def _to_concat(graph: ir.Graph, node: ir.Node) -> None:
    sequence = made_by(node.inputs[0], "SequenceConstruct")
    if sequence is None:
        return
    axis, parts = node.attributes.get_int("axis", 0), list(sequence.inputs)
    if node.attributes.get_int("new_axis", 0):
        axes = _constant(graph, f"{node.outputs[0].name}/axes", [axis])
        for i, part in enumerate(parts):
            unsqueeze = ir.node("Unsqueeze", [part, axes], name=f"{node.name}/unsqueeze_{i}")
            unsqueeze.outputs[0].name = f"{node.outputs[0].name}/{i}"
            graph.insert_before(node, unsqueeze)
            parts[i] = unsqueeze.outputs[0]
    concat = ir.node("Concat", parts, attributes={"axis": axis}, name=f"{node.name}/concat")
    graph.insert_before(node, concat)
    _take_over(graph, node, concat.outputs[0])


def _take_over(graph: ir.Graph, node: ir.Node, value: ir.Value) -> None:
    """Lets `value` stand for the node's output, under its name."""
    old = node.outputs[0]
    if value.producer() is None or value.uses() or value.is_graph_output():
        ir.convenience.replace_all_uses_with(old, value, replace_graph_outputs=True)
        return
    name = old.name
    old.name, value.name = f"{name}/sequence", name
    value.type = old.type if isinstance(old.type, ir.TensorType) else value.type
    value.shape = old.shape
    ir.convenience.replace_all_uses_with(old, value, replace_graph_outputs=True)


def _constant(graph: ir.Graph, name: str, numbers: list[int]) -> ir.Value:
    data = np.array(numbers, np.int64)
    value = ir.Value(name=name, shape=ir.Shape(data.shape), type=ir.TensorType(ir.DataType.INT64),
                     const_value=ir.tensor(data, name=name))
    graph.register_initializer(value)
    return value


PLUGIN = run
