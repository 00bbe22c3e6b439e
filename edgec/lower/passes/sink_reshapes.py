"""Move reshapes behind functions of single elements, so that these stand next to what they read.

    conv2d → reshape → relu → reshape → conv2d
    conv2d → relu → reshape → reshape → conv2d

A model in one dimension has a reshape on both sides of each convolution.
"""

from __future__ import annotations

from collections import deque

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.reshape import Reshape
from edgec.lower.passes._transposable import BINARY, ELEMENTWISE


def run(graph: Graph) -> Graph:
    """Each reshape as far down as it goes."""
    editor = Editor(graph)
    waiting = deque(n for n in graph.nodes if n.op == "reshape")
    while waiting:
        node = editor.current(waiting.popleft())
        if node is None or node.op != "reshape":
            continue
        for current, reader in editor.edges(node):
            waiting.extend(_pass(editor, current, reader))
    return editor.finish()


def _pass(editor: Editor, reshape: Node, reader: Node) -> list[Node]:
    inputs = _unreshaped(editor, reshape, reader)
    if inputs is None:
        return []
    after = editor.tensor(reader.outputs[0])
    return [editor.rebuild_above(reader, reader.attributes, inputs, Reshape(after.shape),
                                 after.quantization)]


def _unreshaped(editor: Editor, reshape: Node, reader: Node) -> list[str] | None:
    """The reader's inputs without the reshape; None when it cannot do without."""
    if reader.op in ELEMENTWISE:
        return [reshape.inputs[0], *reader.inputs[1:]]
    if reader.op not in BINARY:
        return None
    source = editor.tensor(reshape.inputs[0]).shape
    inputs = []
    for name in reader.inputs:
        producer = editor.producer(name)
        if producer is not None and producer.op == "reshape" \
                and editor.tensor(producer.inputs[0]).shape == source \
                and editor.tensor(name).shape == editor.tensor(reshape.outputs[0]).shape:
            inputs.append(producer.inputs[0])
        elif editor.tensor(name).size == 1 and len(editor.tensor(name).shape) <= len(source):
            inputs.append(name)
        else:
            return None
    return inputs
