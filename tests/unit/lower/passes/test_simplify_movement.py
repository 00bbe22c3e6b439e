from __future__ import annotations

from edgec.lower.editor import Editor
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import simplify_movement
from tests.unit.lower.passes.small_graphs import build, ops, same_results


def test_transpose_of_an_axis_of_size_1_is_a_reshape() -> None:
    before = build({"x": (2, 1, 1, 5)}, lambda e: [e.emit(Transpose((0, 3, 1, 2)), ["x"], "t")])
    after = simplify_movement.run(before)
    same_results(before, after)
    assert ops(after) == ["reshape"]


def test_reshapes_in_a_row_are_one() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Reshape((6, 4)), ["x"], "a")
        return [editor.emit(Reshape((4, 6)), [editor.emit(Reshape((24,)), [x], "b")], "c")]
    before = build({"x": (2, 3, 4)}, make)
    after = simplify_movement.run(before)
    same_results(before, after)
    assert ops(after) == ["reshape"]


def test_movement_that_moves_nothing_is_gone() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Unary("relu"), ["x"], "relu")
        x = editor.emit(Reshape((2, 3)), [x], "same")
        x = editor.emit(Slice((0, 0), (1, 1), (2, 3)), [x], "all")
        return [editor.emit(Transpose((0, 1)), [x], "identity")]
    before = build({"x": (2, 3)}, make)
    after = simplify_movement.run(before)
    same_results(before, after)
    assert ops(after) == ["unary"]


def test_identity_between_input_and_output_stays_as_the_copy() -> None:
    before = build({"x": (2, 3)}, lambda e: [e.emit(Reshape((2, 3)), ["x"], "same")])
    after = simplify_movement.run(before)
    same_results(before, after)
    assert ops(after) == ["reshape"]


def test_two_outputs_with_one_value_keep_both_names() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Unary("relu"), ["x"], "relu")
        return [x, editor.emit(Reshape((2, 3)), [x], "same")]
    before = build({"x": (2, 3)}, make)
    same_results(before, simplify_movement.run(before))
