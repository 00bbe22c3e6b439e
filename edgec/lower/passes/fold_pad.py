"""Zeros put around an image before a convolution become the convolution's own padding.

Transposes and reshapes that only name the axes anew may stand between them: at the model's input
the padding is still in ONNX's order, and of a single channel the transpose is a reshape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.transpose import Transpose

Axes = Sequence[int | None]  # of the image: which axis of another tensor each is; None: of size 1


def run(graph: Graph) -> Graph:
    """In int8 too: a convolution's padding is its input's zero point, which stands for 0."""
    editor = Editor(graph)
    for node in graph.nodes:
        if node.op in ("conv2d", "depthwise_conv2d"):
            _fold(editor, node)
    return editor.finish()


def _fold(editor: Editor, conv: Node) -> None:
    image = conv.inputs[0]
    axes: Axes | None = range(4)
    node = editor.producer(image)
    while node is not None and node.op in ("transpose", "reshape") and axes is not None \
            and editor.only_reader(node.outputs[0]) is not None:
        axes = _before(editor, node, axes)
        node = editor.producer(node.inputs[0])
    if node is None or axes is None or node.op != "pad" or node.attributes.value != 0.0:
        return
    before, after = ([0 if axis is None else widths[axis] for axis in axes]
                     for widths in (node.attributes.before, node.attributes.after))
    if before[0] or before[3] or after[0] or after[3]:
        return
    shape = tuple(size - b - a for size, b, a in zip(editor.tensor(image).shape, before, after,
                                                     strict=True))
    top, left, bottom, right = conv.attributes.pad
    total = (top + before[1], left + before[2], bottom + after[1], right + after[2])
    editor.update(conv, inputs=(_unpadded(editor, node, axes, shape), *conv.inputs[1:]),
                  attributes=replace(conv.attributes, pad=total))


def _before(editor: Editor, mover: Node, axes: Axes) -> Axes | None:
    """Where `axes` of the mover's output are in its input; None if it merges or splits some."""
    if mover.op == "transpose":
        return [None if axis is None else mover.attributes.perm[axis] for axis in axes]
    source, result = (editor.tensor(name).shape for name in (mover.inputs[0], mover.outputs[0]))
    large = [axis for axis, size in enumerate(source) if size != 1]
    named = [axis for axis, size in enumerate(result) if size != 1]
    if [source[axis] for axis in large] != [result[axis] for axis in named]:
        return None
    return [large[named.index(axis)] if axis in named else None for axis in axes]


def _unpadded(editor: Editor, pad: Node, axes: Axes, shape: tuple[int, ...]) -> str:
    """What is padded, with its axes in that order and of that shape."""
    image = pad.inputs[0]
    order = [axis for axis in axes if axis is not None]
    if order != sorted(order):
        rest = [axis for axis in range(len(editor.tensor(image).shape)) if axis not in order]
        image = editor.emit(Transpose((*order, *rest)), [image], f"{pad.name}.order")
    if editor.tensor(image).shape != shape:
        image = editor.emit(Reshape(shape), [image], f"{pad.name}.shape")
    return image
