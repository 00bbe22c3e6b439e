"""Compute once what depends on constants alone.

Dequantized constants stay: they say how a weight is stored, which `fuse_qdq` must see.
"""

from __future__ import annotations

from edgec.lower import catalog
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node

_LARGEST_BYTES = 1 << 26  # a constant expanded beyond this is better computed each time


def run(graph: Graph) -> Graph:
    """Nodes whose inputs are all constant become constants; nodes that make an output stay."""
    editor = Editor(graph)
    for node in graph.nodes:
        if _foldable(editor, node):
            _fold(editor, node)
    return editor.finish()


def _foldable(editor: Editor, node: Node) -> bool:
    output = node.outputs[0]
    return (node.op != "dequantize" and output not in editor.outputs
            and editor.tensor(output).nbytes <= _LARGEST_BYTES
            and all(not i or editor.data(i) is not None for i in node.inputs))


def _fold(editor: Editor, node: Node) -> None:
    inputs = [editor.tensor(i) if i else None for i in node.inputs]
    values = [None if t is None else t.data for t in inputs]
    output = editor.tensor(node.outputs[0])
    result = catalog.ops()[node.op].reference(node.attributes, values, inputs, [output])
    editor.remove(node)
    editor.retype(output.name, data=result[0])
