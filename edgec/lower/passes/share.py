"""Equal constants become one, and so do equal nodes that read the same tensors."""

from __future__ import annotations

from collections.abc import Hashable

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node, Quantization, Tensor


def run(graph: Graph) -> Graph:
    """In execution order, so that equal chains of nodes become one; graph outputs stay apart."""
    editor = Editor(graph)
    _share_constants(editor, graph)
    first: dict[Hashable, str] = {}
    for node in graph.nodes:
        current = editor.current(node)
        assert current is not None
        kept = first.setdefault(_node_key(editor, current), current.outputs[0])
        if kept != current.outputs[0] and current.outputs[0] not in editor.outputs:
            editor.redirect(current.outputs[0], kept)
    return editor.finish()


def _share_constants(editor: Editor, graph: Graph) -> None:
    first: dict[Hashable, str] = {}
    for name, tensor in graph.tensors.items():
        if tensor.data is None or name in graph.outputs:
            continue
        kept = first.setdefault(_constant_key(tensor), name)
        if kept != name:
            editor.redirect(name, kept)


def _node_key(editor: Editor, node: Node) -> Hashable:
    output = editor.tensor(node.outputs[0])
    return (node.op, node.inputs, node.attributes, output.dtype, _parameters(output.quantization))


def _constant_key(tensor: Tensor) -> Hashable:
    assert tensor.data is not None
    return tensor.dtype, tensor.shape, tensor.data.tobytes(), _parameters(tensor.quantization)


def _parameters(quantization: Quantization | None) -> Hashable:
    if quantization is None:
        return None
    return quantization.axis, quantization.scale.tobytes(), quantization.zero_point.tobytes()
