"""A constant added to, or multiplied with, each channel of a layer goes into its bias and weights.

Stored int8 weights are not rescaled: after them only the sum is folded.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgec.lower.constants import constant_value
from edgec.lower.editor import Editor
from edgec.lower.graph import Array, Graph, Node

_OUTPUT_AXIS = {"conv2d": 0, "depthwise_conv2d": 2, "fully_connected": 0}
_UNBOUNDED = (-np.inf, np.inf)


def run(graph: Graph) -> Graph:
    """In order, so that a product and then a sum (batch normalization) are both folded."""
    editor = Editor(graph)
    for node in graph.nodes:
        current = editor.current(node)
        if current is not None and current.op in ("add", "sub", "mul"):
            _fold(editor, current)
    return editor.finish()


def _fold(editor: Editor, node: Node) -> None:
    for index in (0, 1):
        layer = editor.producer(node.inputs[index])
        if layer is None or layer.op not in _OUTPUT_AXIS or (node.op == "sub" and index == 1):
            continue
        values = _per_channel(editor, node, node.inputs[1 - index])
        if values is None or editor.only_reader(layer.outputs[0]) is None \
                or layer.attributes.clamp != _UNBOUNDED:
            continue
        inputs = _product(editor, layer, values) if node.op == "mul" else \
            _sum(editor, layer, -values if node.op == "sub" else values)
        if inputs is None:
            continue
        editor.update(layer, inputs=inputs,
                      attributes=replace(layer.attributes, clamp=node.attributes.clamp))
        editor.redirect(node.outputs[0], layer.outputs[0])
        return


def _per_channel(editor: Editor, node: Node, name: str) -> Array | None:
    """A constant as one value per channel (the last axis of the result), None if it is not so."""
    value = constant_value(editor, name)
    shape = editor.tensor(node.outputs[0]).shape
    if value is None or value.ndim > len(shape) or value.size not in (1, shape[-1]):
        return None
    if value.size > 1 and value.shape[-1] != shape[-1]:
        return None
    other = node.inputs[0] if node.inputs[1] == name else node.inputs[1]
    if editor.tensor(other).shape != shape:
        return None
    return np.broadcast_to(value.reshape(-1), (shape[-1],)).astype(np.float32)


def _bias(editor: Editor, layer: Node) -> Array | None:
    """The layer's bias as float32; zero when it has none; None when it is not constant."""
    if len(layer.inputs) < 3 or not layer.inputs[2]:
        return np.zeros(1, np.float32)
    return constant_value(editor, layer.inputs[2])


def _sum(editor: Editor, layer: Node, values: Array) -> tuple[str, ...] | None:
    bias = _bias(editor, layer)
    if bias is None:
        return None
    total = (bias + values).astype(np.float32)
    return (*layer.inputs[:2], editor.add_constant(f"{layer.name}.bias", total))


def _product(editor: Editor, layer: Node, values: Array) -> tuple[str, ...] | None:
    weights, bias = editor.data(layer.inputs[1]), _bias(editor, layer)
    if weights is None or weights.dtype != np.float32 or bias is None:
        return None
    shape = [1] * weights.ndim
    shape[_OUTPUT_AXIS[layer.op]] = -1
    scaled = editor.add_constant(f"{layer.name}.weight", weights * values.reshape(shape))
    if len(layer.inputs) < 3 or not layer.inputs[2]:
        return (layer.inputs[0], scaled)
    return (layer.inputs[0], scaled,
            editor.add_constant(f"{layer.name}.bias", (bias * values).astype(np.float32)))
