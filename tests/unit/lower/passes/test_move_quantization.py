from __future__ import annotations

import numpy as np
import pytest

from edgec.lower.editor import Editor
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.resize import Resize
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import fold_constants, move_quantization
from tests.unit.lower.passes.small_graphs import (
    build,
    constant,
    fake_quantized,
    ops,
    quantization,
    same_results,
)

IMAGE = (1, 4, 6, 3)
MOVES = {
    "reshape": Reshape((1, 8, 9)), "transpose": Transpose((0, 3, 1, 2)),
    "max_pool2d": MaxPool2d((2, 2), (2, 2), (1, 0, 1, 0)),
    "slice": Slice((0, 1, 0, 0), (1, 1, 2, 1), (1, 3, 3, 3)),
    "pad": Pad((0, 1, 0, 0), (0, 0, 2, 0)), "resize": Resize((8, 3)),
}


@pytest.mark.parametrize("move", MOVES)
def test_movement_of_a_quantized_tensor_moves_bytes(move: str) -> None:
    def make(editor: Editor) -> list[str]:
        x = fake_quantized(editor, "x", 0.03, -7)
        return [fake_quantized(editor, editor.emit(MOVES[move], [x], "move"), 0.03, -7)]
    before = build({"x": IMAGE}, make)
    after = move_quantization.run(before)
    same_results(before, after)
    assert ops(after) == ["quantize", move, "dequantize"]


@pytest.mark.parametrize("move", MOVES)
def test_quantize_comes_before_the_movement_of_a_float_input(move: str) -> None:
    before = build({"x": IMAGE}, lambda e: [fake_quantized(
        e, e.emit(MOVES[move], ["x"], "move"), 0.03, 5)])
    after = move_quantization.run(before)
    same_results(before, after)
    assert ops(after) == ["quantize", move, "dequantize"]


def test_other_parameters_become_one_table() -> None:
    before = build({"x": IMAGE}, lambda e: [fake_quantized(
        e, fake_quantized(e, "x", 0.03, -7), 0.05, 11)])
    after = move_quantization.run(before)
    same_results(before, after)
    assert [(n.op, getattr(n.attributes, "kind", "")) for n in after.nodes] == [
        ("quantize", ""), ("lut", "requantize"), ("dequantize", "")]


def test_padding_with_a_number_that_int8_cannot_hold_stays_in_float() -> None:
    pad = Pad((0, 1, 0, 0), (0, 0, 0, 0), 0.0123)
    before = build({"x": IMAGE}, lambda e: [e.emit(pad, [fake_quantized(e, "x", 0.03)], "pad")])
    after = move_quantization.run(before)
    same_results(before, after)
    assert ops(after) == ["quantize", "dequantize", "pad"]


def test_concat_gets_tables_for_inputs_with_other_parameters() -> None:
    def make(editor: Editor) -> list[str]:
        parts = [fake_quantized(editor, "x", 0.03), fake_quantized(editor, "y", 0.05, 4)]
        return [fake_quantized(editor, editor.emit(Concat(3), parts, "concat"), 0.05, 4)]
    before = build({"x": IMAGE, "y": IMAGE}, make)
    after = move_quantization.run(before)
    same_results(before, after)
    assert sorted(ops(after)) == ["concat", "dequantize", "lut", "quantize", "quantize"]


def test_embedding_table_is_stored_in_int8() -> None:
    def make(editor: Editor) -> list[str]:
        index = editor.add_constant("index", np.array([[2, 0, 1, 2]], np.int32))
        row = editor.emit(Gather(0), [constant(editor, (3, 8)), index], "gather")
        return [fake_quantized(editor, editor.emit(Unary("relu"), [row], "relu"), 0.02),
                fake_quantized(editor, row, 0.04)]
    before = build({"x": (1,)}, make)
    same_results(before, fold_constants.run(move_quantization.run(before)))


def test_slices_with_different_parameters_keep_the_float_tensor() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Unary("tanh"), ["x"], "tanh")
        cuts = [editor.emit(Slice((0, 0, 0, c), (1, 1, 1, 1), (1, 4, 6, 1)), [x], f"cut{c}")
                for c in range(2)]
        return [editor.emit(Quantize(), [cut], f"q{i}", quantization=quantization(0.01 * (i + 1)))
                for i, cut in enumerate(cuts)]
    before = build({"x": IMAGE}, make)
    after = move_quantization.run(before)
    same_results(before, after)
    assert ops(after).count("slice") == 2
    assert all(after.tensors[n.outputs[0]].dtype == "f32" for n in after.nodes if n.op == "slice")
