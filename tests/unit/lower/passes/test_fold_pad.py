from __future__ import annotations

import pytest

from edgec.lower.editor import Editor
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.transpose import Transpose
from edgec.lower.passes import fold_pad
from tests.unit.lower.passes.small_graphs import build, constant, ops, same_results


def _padded_conv(pad: Pad):  # type: ignore[no-untyped-def]
    def make(editor: Editor) -> list[str]:
        x = editor.emit(pad, ["x"], "pad")
        return [editor.emit(Conv2d(pad=(1, 0, 0, 1)), [x, constant(editor, (2, 3, 3, 4))], "conv")]
    return build({"x": (1, 5, 6, 4)}, make)


def test_zeros_around_the_image_become_the_convolutions_padding() -> None:
    before = _padded_conv(Pad((0, 0, 1, 0), (0, 2, 1, 0)))
    after = fold_pad.run(before)
    same_results(before, after)
    assert [n.attributes.pad for n in after.nodes] == [(1, 1, 2, 2)]


@pytest.mark.parametrize("pad", [Pad((0, 1, 1, 0), (0, 1, 1, 0), 0.5),
                                 Pad((1, 0, 0, 0), (0, 0, 0, 0))])
def test_other_values_and_axes_stay(pad: Pad) -> None:
    before = _padded_conv(pad)
    assert ops(fold_pad.run(before)) == ["pad", "conv2d"]


def test_padding_in_onnx_order_before_the_transpose_is_folded_too() -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Pad((0, 0, 1, 0), (0, 0, 0, 2)), ["x"], "pad")
        x = editor.emit(Transpose((0, 2, 3, 1)), [x], "to_nhwc")
        return [editor.emit(Conv2d(), [x, constant(editor, (2, 3, 3, 4))], "conv")]
    before = build({"x": (1, 4, 5, 6)}, make)
    after = fold_pad.run(before)
    same_results(before, after)
    assert ops(after) == ["transpose", "conv2d"]
