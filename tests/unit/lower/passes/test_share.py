from __future__ import annotations

import numpy as np

from edgec.lower.editor import Editor
from edgec.lower.ops.add import Add
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import share
from tests.unit.lower.passes.small_graphs import build, fake_quantized, ops, same_results


def test_equal_chains_become_one() -> None:
    def make(editor: Editor) -> list[str]:
        a, b = (editor.emit(Unary("tanh"), [fake_quantized(editor, "x", 0.1)], f"tanh{i}")
                for i in range(2))
        return [editor.emit(Add(), [a, b], "add")]
    before = build({"x": (2, 3)}, make)
    after = share.run(before)
    same_results(before, after)
    assert ops(after) == ["quantize", "dequantize", "unary", "add"]


def test_quantizations_with_other_scales_stay_apart() -> None:
    def make(editor: Editor) -> list[str]:
        return [editor.emit(Add(), [fake_quantized(editor, "x", 0.1),
                                    fake_quantized(editor, "x", 0.2)], "add")]
    before = build({"x": (2, 3)}, make)
    assert ops(share.run(before)).count("quantize") == 2


def test_equal_constants_are_stored_once() -> None:
    def make(editor: Editor) -> list[str]:
        x = "x"
        for i in range(3):
            x = editor.emit(Mul(), [x, editor.add_constant(f"c{i}", np.full(3, 2.0, np.float32))],
                            f"mul{i}")
        return [x]
    before = build({"x": (2, 3)}, make)
    after = share.run(before)
    same_results(before, after)
    assert sum(t.data is not None for t in after.tensors.values()) == 1


def test_equal_outputs_keep_their_names() -> None:
    before = build({"x": (2, 3)}, lambda e: [e.emit(Unary("abs"), ["x"], f"abs{i}")
                                             for i in range(2)])
    same_results(before, share.run(before))
