from __future__ import annotations

import numpy as np
import pytest

from edgec.lower.editor import Editor
from edgec.lower.ops.add import Add
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.mean import Mean
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import cancel_transposes, simplify_movement
from tests.unit.lower.passes.small_graphs import build, constant, fake_quantized, ops, same_results

TO_NHWC, TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)
NHWC = (1, 4, 5, 6)


def _around(make_middle):  # type: ignore[no-untyped-def]
    """x → to NCHW → middle → to NHWC, as the importer leaves an op between two image ops."""
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose(TO_NCHW), ["x"], "in")
        return [editor.emit(Transpose(TO_NHWC), [make_middle(editor, x)], "out")]
    return build({"x": NHWC}, make)


MIDDLES = {
    "unary": lambda e, x: e.emit(Unary("relu"), [x], "m"),
    "quantized": lambda e, x: fake_quantized(e, x, 0.05, 3),
    "twice_the_same": lambda e, x: e.emit(Mul(), [x, x], "m"),
    "constant_per_channel": lambda e, x: e.emit(Add(), [x, constant(e, (6, 1, 1))], "m"),
    "scalar": lambda e, x: e.emit(Mul(), [constant(e, ()), x], "m"),
    "pad": lambda e, x: e.emit(Pad((0, 0, 1, 2), (0, 0, 3, 0), 0.5), [x], "m"),
    "slice": lambda e, x: e.emit(Slice((0, 1, 0, 1), (1, 2, 1, 1), (1, 2, 4, 3)), [x], "m"),
    "concat": lambda e, x: e.emit(Concat(1), [x, e.emit(Unary("neg"), [x], "n")], "m"),
    "mean": lambda e, x: e.emit(Mean((2, 3), True), [x], "m"),
}


@pytest.mark.parametrize("middle", MIDDLES)
def test_transposes_around_an_op_that_commutes_are_gone(middle: str) -> None:
    before = _around(MIDDLES[middle])
    after = simplify_movement.run(cancel_transposes.run(before))
    same_results(before, after, atol=1e-6)
    moved = [n for n in after.nodes if n.op == "transpose"
             and after.tensors[n.inputs[0]].data is None]
    assert moved == []


def test_softmax_over_channels_needs_its_transposes() -> None:
    before = _around(lambda e, x: e.emit(Softmax(), [x], "m"))
    after = cancel_transposes.run(before)
    same_results(before, after)
    assert ops(after).count("transpose") == 2


def test_mean_without_kept_axes_loses_the_transpose() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose(TO_NCHW), ["x"], "in")
        return [editor.emit(Mean((2, 3), False), [x], "m")]
    before = build({"x": NHWC}, make)
    after = simplify_movement.run(cancel_transposes.run(before))
    same_results(before, after)
    assert ops(after) == ["mean"]


def test_reshape_that_merges_neighbours_lets_the_transpose_pass() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose(TO_NCHW), ["x"], "in")
        flat = editor.emit(Reshape((1, 6, 20)), [x], "flat")
        return [editor.emit(Transpose((0, 2, 1)), [flat], "tokens")]
    before = build({"x": NHWC}, make)
    after = cancel_transposes.run(before)
    same_results(before, after)
    assert ops(after) == ["reshape"]


def test_reshape_that_mixes_axes_keeps_the_transpose() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose(TO_NCHW), ["x"], "in")
        return [editor.emit(Reshape((1, 120)), [x], "flat")]
    before = build({"x": NHWC}, make)
    after = cancel_transposes.run(before)
    same_results(before, after)
    assert ops(after) == ["transpose", "reshape"]


def test_transposed_second_matrix_becomes_transpose_b() -> None:
    def make(editor: Editor) -> list[str]:
        b = editor.emit(Transpose((0, 2, 1)), ["b"], "t")
        return [editor.emit(BatchMatmul(), ["a", b], "m")]
    before = build({"a": (2, 3, 4), "b": (2, 5, 4)}, make)
    after = cancel_transposes.run(before)
    same_results(before, after)
    assert [(n.op, n.attributes.transpose_b) for n in after.nodes] == [("batch_matmul", True)]


def test_sum_with_an_input_in_the_other_order_keeps_the_transpose() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose(TO_NCHW), ["x"], "in")
        return [editor.emit(Add(), [x, "y"], "m")]
    before = build({"x": NHWC, "y": (1, 6, 4, 5)}, make)
    after = cancel_transposes.run(before)
    same_results(before, after)
    assert ops(after) == ["transpose", "add"]


def test_opposite_transposes_between_input_and_output_keep_the_output_name() -> None:
    before = _around(lambda e, x: x)
    after = cancel_transposes.run(before)
    same_results(before, after)
    assert "transpose" not in ops(after)


@pytest.mark.parametrize("shape", [(1, 2, 3, 20), (2, 3, 20), (1, 6, 4, 1, 5), (6, 20), (1, 6, 20)])
def test_transpose_before_a_reshape_gives_the_same_numbers(shape: tuple[int, ...]) -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Transpose(TO_NCHW), ["x"], "in")
        return [editor.emit(Reshape(shape), [x], "r")]
    before = build({"x": NHWC}, make)
    same_results(before, cancel_transposes.run(before))
    assert np.prod(shape) == 120
