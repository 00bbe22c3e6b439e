from __future__ import annotations

import math

import pytest

from edgec.lower.editor import Editor
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import fuse_clamp
from tests.unit.lower.passes.small_graphs import build, constant, ops, same_results


def _conv(editor: Editor) -> str:
    return editor.emit(Conv2d(), ["x", constant(editor, (3, 1, 1, 2))], "conv")


@pytest.mark.parametrize(("activations", "clamp"), [
    ([Unary("relu")], (0.0, math.inf)),
    ([Unary("clip", -0.5, 1.0)], (-0.5, 1.0)),
    ([Unary("relu"), Unary("clip", -1.0, 6.0)], (0.0, 6.0)),
    ([Unary("clip", 2.0, 3.0), Unary("clip", 0.0, 1.0)], (1.0, 1.0)),
])
def test_clamping_activations_become_the_convolutions_clamp(
        activations: list[Unary], clamp: tuple[float, float]) -> None:
    def make(editor: Editor) -> list[str]:
        x = _conv(editor)
        for activation in activations:
            x = editor.emit(activation, [x], "activation")
        return [x]
    before = build({"x": (1, 4, 4, 2)}, make)
    after = fuse_clamp.run(before)
    same_results(before, after)
    assert [(n.op, n.attributes.clamp) for n in after.nodes] == [("conv2d", clamp)]


def test_relu_stays_when_its_input_has_another_reader() -> None:
    def make(editor: Editor) -> list[str]:
        x = _conv(editor)
        return [editor.emit(Unary("relu"), [x], "relu"), editor.emit(Unary("tanh"), [x], "tanh")]
    before = build({"x": (1, 4, 4, 2)}, make)
    after = fuse_clamp.run(before)
    same_results(before, after)
    assert ops(after) == ["conv2d", "unary", "unary"]


def test_sigmoid_is_not_a_clamp() -> None:
    before = build({"x": (1, 4, 4, 2)},
                   lambda e: [e.emit(Unary("sigmoid"), [_conv(e)], "sigmoid")])
    assert fuse_clamp.run(before) == before
