from __future__ import annotations

from edgec.lower.editor import Editor
from edgec.lower.ops.add import Add
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.sub import Sub
from edgec.lower.passes import fold_affine
from tests.unit.lower.passes.small_graphs import build, constant, ops, same_results, stored_weights

ROWS, IMAGE = {"x": (3, 8)}, {"x": (1, 4, 4, 8)}


def test_added_constant_becomes_the_bias() -> None:
    before = build(ROWS, lambda e: [e.emit(Add(), [e.emit(
        FullyConnected(), ["x", constant(e, (5, 8))], "fc"), constant(e, (5,), 9)], "add")])
    after = fold_affine.run(before)
    same_results(before, after, atol=1e-6)
    assert ops(after) == ["fully_connected"]


def test_product_then_sum_go_into_convolution_weights_and_bias() -> None:
    def make(editor: Editor) -> list[str]:
        y = editor.emit(Conv2d(), ["x", constant(editor, (5, 1, 1, 8)), constant(editor, (5,), 7)],
                        "conv")
        y = editor.emit(Mul(), [constant(editor, (1, 1, 5), 8), y], "mul")
        return [editor.emit(Sub(), [y, constant(editor, (5,), 9)], "sub")]
    before = build(IMAGE, make)
    after = fold_affine.run(before)
    same_results(before, after, atol=1e-5)
    assert ops(after) == ["conv2d"]


def test_product_scales_depthwise_weights_by_channel() -> None:
    before = build(IMAGE, lambda e: [e.emit(Mul(), [e.emit(
        DepthwiseConv2d(), ["x", constant(e, (3, 3, 8))], "dw"), constant(e, (8,), 9)], "mul")])
    after = fold_affine.run(before)
    same_results(before, after, atol=1e-5)
    assert ops(after) == ["depthwise_conv2d"]


def test_stored_int8_weights_are_not_scaled() -> None:
    before = build(ROWS, lambda e: [e.emit(Mul(), [e.emit(
        FullyConnected(), ["x", stored_weights(e, (5, 8))], "fc"), constant(e, (5,), 9)], "mul")])
    assert ops(fold_affine.run(before)) == ["dequantize", "fully_connected", "mul"]


def test_constant_per_row_is_not_a_bias() -> None:
    before = build(ROWS, lambda e: [e.emit(Add(), [e.emit(
        FullyConnected(), ["x", constant(e, (5, 8))], "fc"), constant(e, (3, 1), 9)], "add")])
    assert ops(fold_affine.run(before)) == ["fully_connected", "add"]


def test_difference_from_a_constant_is_not_a_bias() -> None:
    before = build(ROWS, lambda e: [e.emit(Sub(), [constant(e, (5,), 9), e.emit(
        FullyConnected(), ["x", constant(e, (5, 8))], "fc")], "sub")])
    assert ops(fold_affine.run(before)) == ["fully_connected", "sub"]
