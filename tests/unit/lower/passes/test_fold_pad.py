from __future__ import annotations

import pytest

from edgec.lower.editor import Editor
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reshape import Reshape
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


@pytest.mark.parametrize(("shape", "pad", "perm", "image", "expected"), [
    # One channel: the transpose was a reshape.
    ((1, 1, 5, 6), Pad((0, 0, 1, 0), (0, 0, 0, 2)), None, (1, 6, 8, 1), ["reshape", "conv2d"]),
    # One dimension: the height is new.
    ((1, 4, 9), Pad((0, 0, 1), (0, 0, 2)), (0, 2, 1), (1, 1, 12, 4),
     ["transpose", "reshape", "conv2d"]),
    ((1, 9, 1), Pad((0, 1, 0), (0, 2, 0)), None, (1, 12, 1, 1), ["reshape", "conv2d"]),
])
def test_reshapes_that_name_axes_anew_may_stand_between(
        shape: tuple[int, ...], pad: Pad, perm: tuple[int, ...] | None,
        image: tuple[int, ...], expected: list[str]) -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(pad, ["x"], "pad")
        if perm is not None:
            x = editor.emit(Transpose(perm), [x], "to_nlc")
        x = editor.emit(Reshape(image), [x], "to_nhwc")
        return [editor.emit(Conv2d(), [x, constant(editor, (2, 1, 1, image[3]))], "conv")]
    before = build({"x": shape}, make)
    after = fold_pad.run(before)
    same_results(before, after)
    assert ops(after) == expected


@pytest.mark.parametrize("image", [(1, 3, 16, 1), (1, 8, 6, 1)])  # splits; other axes' sizes
def test_reshapes_that_mix_axes_stop_the_padding(image: tuple[int, ...]) -> None:
    def make(editor: Editor) -> list[str]:
        x = editor.emit(Pad((0, 0, 1, 0), (0, 0, 0, 2)), ["x"], "pad")
        x = editor.emit(Reshape(image), [x], "other")
        return [editor.emit(Conv2d(), [x, constant(editor, (2, 1, 1, 1))], "conv")]
    before = build({"x": (1, 1, 5, 6)}, make)
    assert ops(fold_pad.run(before)) == ["pad", "reshape", "conv2d"]
