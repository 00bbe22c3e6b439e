"""An int8 layer adds its residual itself, while its result is in the cache.

One node instead of two. The bytes stay the same: the layer's result is rounded to int8 as before,
and then added.
"""

from __future__ import annotations

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops._rules import scale_of, zero_of
from edgec.lower.ops.conv2d_add import Conv2dAdd
from edgec.lower.ops.fully_connected_add import FullyConnectedAdd

_FUSED = {"conv2d": Conv2dAdd, "fully_connected": FullyConnectedAdd}


def run(graph: Graph) -> Graph:
    """Each int8 sum of equal shapes goes into the later of the layers it adds."""
    editor = Editor(graph)
    steps = {node.name: step for step, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        layers = [p for p in (_layer(editor, node, i) for i in (0, 1)) if p is not None]
        if layers:
            _fuse(editor, node, max(layers, key=lambda layer: steps[layer.name]))
    return editor.finish()


def _layer(editor: Editor, node: Node, index: int) -> Node | None:
    """The layer that writes operand `index` of an int8 sum and nobody else reads."""
    if node.op != "add" or editor.tensor(node.outputs[0]).dtype != "s8":
        return None
    mine, other = node.inputs[index], node.inputs[1 - index]
    shapes = {editor.tensor(name).shape for name in (mine, other, node.outputs[0])}
    layer = editor.producer(mine)
    if layer is None or layer.op not in _FUSED or mine == other or len(shapes) > 1:
        return None
    return layer if editor.only_reader(mine) is not None else None


def _fuse(editor: Editor, node: Node, layer: Node) -> None:
    """The layer keeps its name and its place, and writes what the sum wrote."""
    result = editor.tensor(layer.outputs[0])
    residual, = (name for name in node.inputs if name != result.name)
    attributes = _FUSED[layer.op](layer.attributes, scale_of(result), zero_of(result),
                                  node.attributes.clamp)
    bias = layer.inputs[2] if len(layer.inputs) > 2 else ""
    editor.remove(node)
    editor.update(layer, op=f"{layer.op}_add", attributes=attributes, outputs=node.outputs,
                  inputs=(*layer.inputs[:2], bias, residual))
