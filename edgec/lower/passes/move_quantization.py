"""Bring quantize and dequantize next to the ops that compute, so that bytes are moved, not floats.

Moving values and mapping each of them to int8 commute: a dequantize moves behind the movement that
reads it, a quantize before the movement that it reads. A dequantize that meets a quantize with the
same parameters goes with it; with others the two become one table "requantize".
"""

from __future__ import annotations

from collections import deque

import numpy as np

from edgec.lower import catalog, numerics
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node, Quantization
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.lut import REQUANTIZE, Lut, table
from edgec.lower.ops.quantize import Quantize


def run(graph: Graph) -> Graph:
    """Until nothing moves any more."""
    editor = Editor(graph)
    waiting = deque(n for n in graph.nodes if n.op in ("quantize", "dequantize"))
    while waiting:
        node = editor.current(waiting.popleft())
        if node is None:
            continue
        if node.op == "dequantize":
            for current, reader in editor.edges(node):
                waiting.extend(_sink(editor, current, reader))
        elif node.op == "quantize":
            waiting.extend(_lift(editor, node))
    return editor.finish()


def _movement(node: Node | None) -> bool:
    return node is not None and catalog.is_movement(node.op, node.attributes)


def _sink(editor: Editor, dequantize: Node, reader: Node) -> list[Node]:
    """Put `dequantize` behind one reader that only moves values."""
    stored = editor.tensor(dequantize.inputs[0])
    if reader.op == "quantize":
        return _meet(editor, dequantize, reader)
    if stored.dtype != "s8" or stored.quantization is None \
            or stored.quantization.axis is not None or not _movement(reader):
        return []
    inputs = _stored_inputs(editor, reader, stored.quantization)
    if inputs is None:
        return []
    return [editor.rebuild_above(reader, reader.attributes, inputs, Dequantize())]


def _stored_inputs(editor: Editor, node: Node, quantization: Quantization
                   ) -> tuple[str, ...] | None:
    """The inputs of a movement as s8, None when they do not all have `quantization`."""
    if node.op == "pad" and not _exact(node.attributes.value, quantization):
        return None
    count = len(node.inputs) if node.op == "concat" else 1
    inputs = list(node.inputs)
    for i in range(count):
        producer = editor.producer(inputs[i])
        if producer is None or producer.op != "dequantize":
            return None
        source = producer.inputs[0]
        if not quantization.same_as(editor.tensor(source).quantization):
            return None
        inputs[i] = source
    return tuple(inputs)


def _exact(value: float, quantization: Quantization) -> bool:
    """Whether a real number is exactly one of the 256."""
    scale, zero = float(quantization.scale[0]), int(quantization.zero_point[0])
    number = np.array(value, np.float32)
    stored = numerics.quantize(number, scale, zero)
    return bool(numerics.dequantize(stored, quantization.scale, quantization.zero_point) == number)


def _meet(editor: Editor, dequantize: Node, quantize: Node) -> list[Node]:
    """dequantize then quantize: nothing, or a table."""
    source = editor.tensor(dequantize.inputs[0])
    old = source.quantization
    new = editor.tensor(quantize.outputs[0]).quantization
    if source.dtype != "s8" or old is None or old.axis is not None or new is None:
        return []
    result = quantize.outputs[0]
    if not old.same_as(new):
        entries = editor.add_constant(f"{quantize.name}.table", table(Lut(REQUANTIZE), old, new))
        editor.update(quantize, op="lut", attributes=Lut(REQUANTIZE), inputs=(source.name, entries))
        return []
    if result in editor.outputs and editor.producer(source.name) is None:
        return []  # an int8 input that is an output too: the pair is the copy
    readers = editor.consumers(result)
    editor.redirect(result, source.name)
    return [n for n in map(editor.current, readers) if n is not None and n.op == "dequantize"]


def _lift(editor: Editor, quantize: Node) -> list[Node]:
    """Put `quantize` before the movement that it reads."""
    movement = editor.producer(quantize.inputs[0])
    if movement is None or not _movement(movement):
        return []
    wanted = editor.tensor(quantize.outputs[0]).quantization
    assert wanted is not None
    readers = editor.consumers(movement.outputs[0])
    if movement.outputs[0] in editor.outputs or len(readers) > 1 \
            or not _worth(editor, movement, wanted):
        return []
    count = len(movement.inputs) if movement.op == "concat" else 1
    inputs, made = list(movement.inputs), []
    for i in range(count):
        name = quantize.name if count == 1 else f"{quantize.name}.{i}"
        inputs[i] = editor.emit(Quantize(), [inputs[i]], f"{name}.before", quantization=wanted)
        made.append(editor.producer(inputs[i]))
    moved = editor.rebuild(movement, movement.attributes, inputs)
    editor.redirect(quantize.outputs[0], moved)
    above = [editor.producer(n.inputs[0]) for n in made if n is not None]
    return [n for n in (*above, *made)
            if n is not None and n.op in ("quantize", "dequantize")]


def _worth(editor: Editor, movement: Node, wanted: Quantization) -> bool:
    """Several cuts of one tensor with different parameters stay in float32: it is computed once."""
    if movement.op not in ("slice", "gather"):
        return True
    for reader in editor.consumers(movement.inputs[0]):
        after = editor.only_reader(reader.outputs[0])
        if reader.op != movement.op or after is None or after.op not in ("quantize", "reshape"):
            return len(editor.consumers(movement.inputs[0])) == 1
        parameters = editor.tensor(after.outputs[0]).quantization
        if after.op == "quantize" and not wanted.same_as(parameters):
            return False
    return True
