from __future__ import annotations

from edgec.lower.editor import Editor
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.transpose import Transpose
from edgec.lower.passes import fold_flatten
from tests.unit.lower.passes.small_graphs import build, constant, ops, same_results


def test_transpose_before_flatten_goes_into_the_weights() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose((0, 3, 1, 2)), ["x"], "to_nchw")
        x = editor.emit(Reshape((2, 60)), [x], "flatten")
        return [editor.emit(FullyConnected(), [x, constant(editor, (7, 60))], "fc")]
    before = build({"x": (2, 3, 4, 5)}, make)
    after = fold_flatten.run(before)
    same_results(before, after, atol=1e-5)
    assert ops(after) == ["reshape", "fully_connected"]


def test_transpose_that_moves_the_batch_stays() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose((1, 0, 2, 3)), ["x"], "swap")
        x = editor.emit(Reshape((3, 40)), [x], "flatten")
        return [editor.emit(FullyConnected(), [x, constant(editor, (7, 40))], "fc")]
    before = build({"x": (2, 3, 4, 5)}, make)
    assert ops(fold_flatten.run(before)) == ["transpose", "reshape", "fully_connected"]
