"""Weights that were stored as integers, of layers that stay in float32, become float32."""

from __future__ import annotations

from edgec.lower.constants import real_value
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph


def run(graph: Graph) -> Graph:
    """Every dequantize of a constant becomes one. After fuse_qdq, which wants the integers."""
    editor = Editor(graph)
    for node in graph.nodes:
        stored = editor.tensor(node.inputs[0])
        if node.op == "dequantize" and stored.data is not None \
                and node.outputs[0] not in editor.outputs:
            editor.remove(node)
            editor.retype(node.outputs[0], data=real_value(stored))
    return editor.finish()
