from __future__ import annotations

import numpy as np
import pytest

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import absorb_scale, fuse_qdq
from tests.unit.lower.passes.small_graphs import (
    build,
    constant,
    fake_quantized,
    ops,
    quantization,
    same_results,
    stored_weights,
)

ROWS = {"x": (3, 8), "k": (5, 3)}


def scalar(editor: Editor, value: float) -> str:
    return editor.add_constant("factor", np.array(value, np.float32))


def scores(editor: Editor, factor: str, layer: str = "") -> str:
    """(k · layer(x)) · factor."""
    layer = layer or editor.emit(
        FullyConnected(), ["x", constant(editor, (6, 8)), constant(editor, (6,), 7)], "layer")
    product = editor.emit(BatchMatmul(), ["k", layer], "product")
    return editor.emit(Mul(), [product, factor], "scaled")


def int8_scores(factor: float, result: tuple[float, int], x_scale: float = 0.02) -> Graph:
    """The same between quantize and dequantize, with a transpose; product scale 0.05, zero 3."""
    def make(editor: Editor) -> list[str]:
        x, k = fake_quantized(editor, "x", x_scale), fake_quantized(editor, "k", 0.02, 5)
        layer = editor.emit(FullyConnected(), [x, stored_weights(editor, (6, 8))], "layer")
        stored = editor.emit(Quantize(), [layer], "layer.q", quantization=quantization(0.02, -4))
        moved = editor.emit(Transpose((1, 0)), [stored], "moved")
        layer = editor.emit(Dequantize(), [moved], "layer.dq")
        product = editor.emit(BatchMatmul(True), [k, layer], "product")
        product = fake_quantized(editor, product, 0.05, 3)
        scaled = editor.emit(Mul(), [product, scalar(editor, factor)], "scaled")
        return [fake_quantized(editor, scaled, *result)]
    return fuse_qdq.run(build(ROWS, make))


def test_float_factor_scales_the_layer() -> None:
    before = build(ROWS, lambda e: [scores(e, scalar(e, 0.3))])
    after = absorb_scale.run(before)
    same_results(before, after, atol=1e-5)
    assert ops(after) == ["fully_connected", "batch_matmul"]


@pytest.mark.parametrize("factor", [0.125, 4.0])
def test_int8_factor_changes_scales_and_no_result(factor: float) -> None:
    before = int8_scores(factor, (0.05 * factor, 3))
    assert "mul" in ops(before)
    after = absorb_scale.run(before)
    same_results(before, after)
    assert "mul" not in ops(after)
    for node, changed in ((n, after.producer(n.outputs[0])) for n in before.nodes):
        if node.name in ("layer", "moved"):
            assert changed is not None
            was, is_ = (g.tensors[node.outputs[0]].quantization for g in (before, after))
            assert was is not None
            assert is_ is not None
            assert is_.scale[0] == was.scale[0] * np.float32(factor)


def test_layer_constants_that_others_read_stay() -> None:
    def make(editor: Editor) -> list[str]:
        weights = constant(editor, (6, 8))
        layer = editor.emit(FullyConnected(), ["x", weights], "layer")
        other = editor.emit(FullyConnected(), ["x", weights], "other")
        return [scores(editor, scalar(editor, 0.25), layer), other]
    before = build(ROWS, make)
    after = absorb_scale.run(before)
    same_results(before, after, atol=1e-6)
    assert ops(after).count("mul") == 0


def test_mul_that_requantizes_stays() -> None:
    for result in ((0.05 * 0.125 * 1.1, 3), (0.05 * 0.125, 2)):
        assert "mul" in ops(absorb_scale.run(int8_scores(0.125, result)))


@pytest.mark.parametrize("factor", [-0.5, 0.0])
def test_negative_and_zero_factors_stay(factor: float) -> None:
    before = build(ROWS, lambda e: [scores(e, scalar(e, factor))])
    assert "mul" in ops(absorb_scale.run(before))


def test_vector_factor_stays() -> None:
    before = build(ROWS, lambda e: [scores(e, constant(e, (6,), 12))])
    assert "mul" in ops(absorb_scale.run(before))


def test_product_that_others_read_stays() -> None:
    def make(editor: Editor) -> list[str]:
        scaled = scores(editor, scalar(editor, 0.5))
        product = editor.producer(scaled)
        assert product is not None
        return [scaled, editor.emit(Unary("relu"), [product.inputs[0]], "also")]
    assert "mul" in ops(absorb_scale.run(build(ROWS, make)))


def test_operand_that_others_read_stays() -> None:
    def make(editor: Editor) -> list[str]:
        layer = editor.emit(FullyConnected(), ["x", constant(editor, (6, 8))], "layer")
        return [scores(editor, scalar(editor, 0.5), layer),
                editor.emit(Unary("relu"), [layer], "also")]
    assert "mul" in ops(absorb_scale.run(build(ROWS, make)))


def test_clamped_layer_and_curved_function_stay() -> None:
    def clamped(editor: Editor) -> list[str]:
        layer = editor.emit(FullyConnected((0.0, 6.0)), ["x", constant(editor, (6, 8))], "layer")
        return [scores(editor, scalar(editor, 0.5), layer)]

    def curved(editor: Editor) -> list[str]:
        layer = editor.emit(FullyConnected(), ["x", constant(editor, (6, 8))], "layer")
        return [scores(editor, scalar(editor, 0.5), editor.emit(Unary("tanh"), [layer], "tanh"))]
    for make in (clamped, curved):
        assert "mul" in ops(absorb_scale.run(build(ROWS, make)))
