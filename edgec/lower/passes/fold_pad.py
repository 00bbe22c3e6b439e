"""Zeros put around an image before a convolution become the convolution's own padding.

A transpose may stand between them: at the model's input the padding is still in ONNX's order.
"""

from __future__ import annotations

from dataclasses import replace

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node


def run(graph: Graph) -> Graph:
    """In int8 too: a convolution's padding is its input's zero point, which stands for 0."""
    editor = Editor(graph)
    for node in graph.nodes:
        if node.op in ("conv2d", "depthwise_conv2d"):
            _fold(editor, node)
    return editor.finish()


def _fold(editor: Editor, conv: Node) -> None:
    above = editor.producer(conv.inputs[0])
    transpose = above if above is not None and above.op == "transpose" else None
    pad = above if transpose is None else editor.producer(transpose.inputs[0])
    if pad is None or pad.op != "pad" or pad.attributes.value != 0.0:
        return
    if transpose is not None and editor.only_reader(transpose.outputs[0]) is None:
        return
    order = range(4) if transpose is None else transpose.attributes.perm
    before = [pad.attributes.before[axis] for axis in order]
    after = [pad.attributes.after[axis] for axis in order]
    if before[0] or before[3] or after[0] or after[3]:
        return
    top, left, bottom, right = conv.attributes.pad
    total = (top + before[1], left + before[2], bottom + after[1], right + after[2])
    source = pad.inputs[0]
    if transpose is not None:
        source = editor.rebuild(transpose, transpose.attributes, [source])
    editor.update(conv, inputs=(source, *conv.inputs[1:]),
                  attributes=replace(conv.attributes, pad=total))
