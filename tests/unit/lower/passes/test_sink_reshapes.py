from __future__ import annotations

from edgec.lower.editor import Editor
from edgec.lower.ops.add import Add
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import simplify_movement, sink_reshapes
from tests.unit.lower.passes.small_graphs import build, ops, same_results


def test_reshapes_around_functions_of_single_elements_are_gone() -> None:
    def make(editor: Editor) -> list[str]:
        a, b = (editor.emit(Reshape((2, 12)), [name], f"flat_{name}") for name in ("x", "y"))
        total = editor.emit(Add(), [editor.emit(Unary("relu"), [a], "relu"), b], "add")
        return [editor.emit(Reshape((2, 3, 4)), [total], "back")]
    before = build({"x": (2, 3, 4), "y": (2, 3, 4)}, make)
    after = simplify_movement.run(sink_reshapes.run(before))
    same_results(before, after)
    assert ops(after) == ["unary", "add"]


def test_sum_of_tensors_that_had_different_shapes_keeps_its_reshapes() -> None:
    def make(editor: Editor) -> list[str]:
        a, b = (editor.emit(Reshape((2, 12)), [name], f"flat_{name}") for name in ("x", "y"))
        return [editor.emit(Add(), [a, b], "add")]
    before = build({"x": (2, 3, 4), "y": (2, 4, 3)}, make)
    after = sink_reshapes.run(before)
    same_results(before, after)
    assert ops(after) == ["reshape", "reshape", "add"]
