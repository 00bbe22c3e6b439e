"""A flattened image in ONNX's order, read by a fully connected layer: its weights change instead.

    x[n, h, w, c] → transpose → [n, c, h, w] → reshape → [n, c·h·w] → fully_connected
    x[n, h, w, c] → reshape → [n, h·w·c] → fully_connected with its columns in that order
"""

from __future__ import annotations

import math

import numpy as np

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.reshape import Reshape


def run(graph: Graph) -> Graph:
    """For every fully connected layer with constant weights behind such a flatten."""
    editor = Editor(graph)
    for node in graph.nodes:
        if node.op == "fully_connected":
            _fold(editor, node)
    return editor.finish()


def _fold(editor: Editor, layer: Node) -> None:
    reshape = editor.producer(layer.inputs[0])
    transpose = None if reshape is None else editor.producer(reshape.inputs[0])
    weights = editor.tensor(layer.inputs[1])
    if reshape is None or transpose is None or weights.data is None \
            or (reshape.op, transpose.op) != ("reshape", "transpose"):
        return
    perm = transpose.attributes.perm
    moved = editor.tensor(transpose.outputs[0]).shape
    if perm[0] != 0 or editor.tensor(reshape.outputs[0]).shape != (moved[0], math.prod(moved[1:])):
        return
    order = [perm.index(axis) for axis in range(1, len(perm))]
    columns = weights.data.reshape(-1, *moved[1:]).transpose(0, *order).reshape(weights.shape)
    flat = editor.emit(Reshape((moved[0], weights.shape[1])), [transpose.inputs[0]], reshape.name)
    name = editor.add_constant(f"{layer.name}.weight", np.ascontiguousarray(columns),
                               weights.quantization)
    editor.update(layer, inputs=(flat, name, *layer.inputs[2:]))
