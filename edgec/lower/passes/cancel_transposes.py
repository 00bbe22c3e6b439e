"""Move transposes towards the outputs until they meet their opposite and both go.

The importer puts one before and one after each op on images. A transpose passes every op that
commutes with it (see `_transposable`); what is left stands where an op really needs the other
order, or at the graph's outputs.
"""

from __future__ import annotations

from collections import deque

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.transpose import Transpose
from edgec.lower.passes._transposable import BINARY, Perm, sunk


def run(graph: Graph) -> Graph:
    """Each transpose as far down as it goes; pairs that undo each other are gone."""
    editor = Editor(graph)
    waiting = deque(n for n in graph.nodes if n.op == "transpose")
    while waiting:
        node = editor.current(waiting.popleft())
        if node is None or node.op != "transpose":
            continue
        for current, reader in editor.edges(node):
            waiting.extend(_pass(editor, current, reader))
    return editor.finish()


def _pass(editor: Editor, transpose: Node, reader: Node) -> list[Node]:
    """Move `transpose` behind `reader`, for this reader only; gives the transposes to look at."""
    perm = transpose.attributes.perm
    if reader.op == "transpose":
        return _compose(editor, transpose, reader)
    if reader.op == "batch_matmul":
        return _into_matmul(editor, transpose, reader)
    inputs: tuple[str, ...] | None = None
    if reader.op in BINARY or reader.op == "concat":
        inputs = _untransposed(editor, reader, perm)
    elif reader.inputs[0] == transpose.outputs[0]:
        inputs = (transpose.inputs[0], *reader.inputs[1:])
    if inputs is None:
        return []
    before = editor.tensor(transpose.inputs[0]).shape
    after = editor.tensor(reader.outputs[0])
    moved = sunk(reader, perm, before, after.shape)
    if moved is None:
        return []
    return [editor.rebuild_above(reader, moved.attributes, inputs, Transpose(moved.perm),
                                 after.quantization)]


def _compose(editor: Editor, first: Node, second: Node) -> list[Node]:
    perm = tuple(first.attributes.perm[i] for i in second.attributes.perm)
    if list(perm) != sorted(perm):
        return [editor.update(second, inputs=first.inputs, attributes=Transpose(perm))]
    source, result = first.inputs[0], second.outputs[0]
    above = editor.producer(source)
    if result in editor.outputs and (above is None or source in editor.outputs):
        editor.update(second, inputs=first.inputs, op="reshape",
                      attributes=Reshape(editor.tensor(result).shape))
        return []
    editor.redirect(result, source)
    return [] if above is None or above.op != "transpose" else [above]


def _into_matmul(editor: Editor, transpose: Node, matmul: Node) -> list[Node]:
    """A swap of b's last two axes is what `transpose_b` says."""
    perm = transpose.attributes.perm
    rank = len(perm)
    if matmul.inputs[1] != transpose.outputs[0] or matmul.inputs[0] == transpose.outputs[0] \
            or perm[-1] == rank - 1:
        return []
    rest = (*perm[:-2], perm[-1], perm[-2])
    if rest[-1] != rank - 1:
        return []
    b = transpose.inputs[0]
    if list(rest) != sorted(rest):
        b = editor.emit(Transpose(rest), [b], f"{transpose.name}.rows")
    attributes = BatchMatmul(not matmul.attributes.transpose_b)
    editor.update(matmul, inputs=(matmul.inputs[0], b), attributes=attributes)
    behind = editor.producer(b)
    return [behind] if behind is not None and behind.op == "transpose" else []


def _untransposed(editor: Editor, node: Node, perm: Perm) -> tuple[str, ...] | None:
    """The inputs of an op with several, as they are without the transpose that all of them have.

    An input that is constant, or whose transpose is a mere reshape, gets the opposite transpose;
    None when another input would have to be moved for it.
    """
    plans = [_plan(editor, name, perm) for name in node.inputs]
    if None in plans:
        return None
    made: dict[str, str] = {}
    for name, plan in zip(node.inputs, plans, strict=True):
        if name not in made:
            made[name] = _build(editor, name, perm) if plan == "" else str(plan)
    return tuple(made[name] for name in node.inputs)


def _plan(editor: Editor, name: str, perm: Perm) -> str | None:
    """The tensor before the transpose; '' when one can be had for free; None otherwise."""
    node, shape = editor.producer(name), editor.tensor(name).shape
    if node is not None and node.op == "transpose" and node.attributes.perm == perm:
        return node.inputs[0]
    if len(shape) > len(perm):
        return None
    padded = (1,) * (len(perm) - len(shape)) + shape
    moved = [i for i in _inverse(perm) if padded[i] != 1]
    stored = node is not None and node.op == "dequantize" \
        and editor.data(node.inputs[0]) is not None
    free = editor.data(name) is not None or stored or moved == sorted(moved)
    return "" if free else None


def _build(editor: Editor, name: str, perm: Perm) -> str:
    """`name` with the opposite of `perm`, as nodes that fold away or only rename axes."""
    shape = editor.tensor(name).shape
    if all(n == 1 for n in shape):
        return name
    padded = (1,) * (len(perm) - len(shape)) + shape
    if padded != shape:
        name = editor.emit(Reshape(padded), [name], f"{name}.rank")
    back = _inverse(perm)
    moved = [i for i in back if padded[i] != 1]
    if moved == sorted(moved):
        return editor.emit(Reshape(tuple(padded[i] for i in back)), [name], f"{name}.axes")
    return editor.emit(Transpose(back), [name], f"{name}.transpose")


def _inverse(perm: Perm) -> Perm:
    return tuple(perm.index(i) for i in range(len(perm)))
