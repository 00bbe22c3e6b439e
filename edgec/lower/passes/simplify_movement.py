"""Take away movement that moves nothing, and make one reshape of several.

A transpose that moves only axes of size 1 keeps the order of the elements: it is a reshape.
"""

from __future__ import annotations

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.transpose import Transpose


def run(graph: Graph) -> Graph:
    """Identities go; transpose becomes reshape where it can; chains of either become one."""
    editor = Editor(graph)
    for node in graph.nodes:
        current = editor.current(node)
        if current is None:
            continue
        if current.op == "transpose":
            current = _merge_transposes(editor, current)
            current = _as_reshape(editor, current)
        if current.op == "reshape":
            current = _merge_reshapes(editor, current)
        if _is_identity(editor, current):
            _bypass(editor, current)
    return editor.finish()


def _merge_transposes(editor: Editor, node: Node) -> Node:
    before = editor.producer(node.inputs[0])
    if before is None or before.op != "transpose":
        return node
    perm = tuple(before.attributes.perm[i] for i in node.attributes.perm)
    return editor.update(node, inputs=before.inputs, attributes=Transpose(perm))


def _as_reshape(editor: Editor, node: Node) -> Node:
    shape = editor.tensor(node.inputs[0]).shape
    moved = [axis for axis in node.attributes.perm if shape[axis] != 1]
    if moved != sorted(moved):
        return node
    attributes = Reshape(editor.tensor(node.outputs[0]).shape)
    return editor.update(node, op="reshape", attributes=attributes)


def _merge_reshapes(editor: Editor, node: Node) -> Node:
    before = editor.producer(node.inputs[0])
    if before is None or before.op != "reshape":
        return node
    return editor.update(node, inputs=before.inputs)


def _is_identity(editor: Editor, node: Node) -> bool:
    x, y = editor.tensor(node.inputs[0]), editor.tensor(node.outputs[0])
    if node.op == "reshape":
        return x.shape == y.shape
    if node.op == "slice":
        return x.shape == y.shape
    if node.op == "pad":
        return not any((*node.attributes.before, *node.attributes.after))
    return node.op == "transpose" and list(node.attributes.perm) == sorted(node.attributes.perm)


def _bypass(editor: Editor, node: Node) -> None:
    """Read what the node reads; a node between an input and an output of the graph stays."""
    source, result = node.inputs[0], node.outputs[0]
    if result in editor.outputs and (editor.producer(source) is None or source in editor.outputs):
        return
    editor.redirect(result, source)
