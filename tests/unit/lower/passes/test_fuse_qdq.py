from __future__ import annotations

import numpy as np
import pytest

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node, Quantization
from edgec.lower.interpret import interpret
from edgec.lower.ops.add import Add
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.div import Div
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import fuse_qdq
from edgec.lower.verify import verify
from tests.unit.lower.passes.small_graphs import (
    build,
    constant,
    fake_quantized,
    inputs_of,
    ops,
    quantization,
    stored_weights,
)

ROWS = {"x": (4, 8)}


def _within_a_step(before: Graph, after: Graph, scale: float) -> None:
    verify(after)
    values = inputs_of(before)
    expected, found = interpret(before, values), interpret(after, values)
    for name in before.outputs:
        steps = np.abs(expected[name] - found[name]) / scale
        assert steps.max() <= 1.001
        assert np.mean(steps > 0.5) < 0.02


def _node(graph: Graph, name: str) -> Node:
    return next(n for n in graph.nodes if n.name == name)


ISLANDS = {
    "fully_connected": lambda e, x: e.emit(
        FullyConnected((0.0, 6.0)), [x, stored_weights(e, (5, 8)), constant(e, (5,))], "op"),
    "unary": lambda e, x: e.emit(Unary("gelu"), [x], "op"),
    "add": lambda e, x: e.emit(Add((0.0, 1.0)), [x, fake_quantized(e, "x", 0.02, 9)], "op"),
    "mul_by_a_scalar": lambda e, x: e.emit(Mul(), [x, constant(e, ())], "op"),
    "softmax": lambda e, x: e.emit(Softmax(), [x], "op"),
    "layer_norm": lambda e, x: e.emit(LayerNorm(), [x, constant(e, (8,), 5),
                                                    constant(e, (8,), 6)], "op"),
    "batch_matmul": lambda e, x: e.emit(BatchMatmul(True), [x, fake_quantized(e, "x", 0.02)],
                                        "op"),
}


@pytest.mark.parametrize("island", ISLANDS)
def test_op_between_dequantize_and_quantize_runs_in_int8(island: str) -> None:
    def make(editor: Editor) -> list[str]:
        y = ISLANDS[island](editor, fake_quantized(editor, "x", 0.03, -5))
        return [fake_quantized(editor, y, 0.04, 3)]
    before = build(ROWS, make)
    after = fuse_qdq.run(before)
    _within_a_step(before, after, 0.04)
    node = _node(after, "op")
    assert after.tensors[node.outputs[0]].dtype == "s8"
    assert node.reason == ""


def test_bias_becomes_s32_with_input_scale_times_weight_scale() -> None:
    def make(editor: Editor) -> list[str]:
        return [fake_quantized(editor, ISLANDS["fully_connected"](
            editor, fake_quantized(editor, "x", 0.03)), 0.04)]
    after = fuse_qdq.run(build(ROWS, make))
    x, weights, bias = (after.tensors[i] for i in _node(after, "op").inputs)
    assert bias.dtype == "s32"
    np.testing.assert_array_equal(bias.quantization.scale,
                                  x.quantization.scale * weights.quantization.scale)


def test_one_scale_for_all_weights_becomes_one_per_channel() -> None:
    def make(editor: Editor) -> list[str]:
        stored = editor.add_constant("w", np.ones((5, 8), np.int8), quantization(0.01))
        weights = editor.emit(Dequantize(), [stored], "dequantize")
        y = editor.emit(FullyConnected(), [fake_quantized(editor, "x", 0.03), weights], "op")
        return [fake_quantized(editor, y, 0.04)]
    after = fuse_qdq.run(build(ROWS, make))
    weights = after.tensors[_node(after, "op").inputs[1]]
    assert (weights.quantization.axis, weights.quantization.scale.shape) == (0, (5,))


def test_channel_with_a_scale_below_the_arithmetic_still_runs_in_int8() -> None:
    def make(editor: Editor) -> list[str]:
        scale = np.array([0.01, 1e-14], np.float32)
        parameters = Quantization(scale, np.zeros(2, np.int32), 0)
        data = np.random.default_rng(0).integers(-127, 128, (2, 8)).astype(np.int8)
        weights = editor.emit(Dequantize(), [editor.add_constant("w", data, parameters)], "dq")
        bias = editor.add_constant("b", np.array([0.5, 0.7], np.float32))
        y = editor.emit(FullyConnected(), [fake_quantized(editor, "x", 0.03), weights, bias], "op")
        return [fake_quantized(editor, y, 0.04)]
    before = build(ROWS, make)
    after = fuse_qdq.run(before)
    _within_a_step(before, after, 0.04)
    assert _node(after, "op").reason == ""


def test_constant_summand_with_a_scale_below_the_arithmetic_still_runs_in_int8() -> None:
    def make(editor: Editor) -> list[str]:
        stored = editor.add_constant("c", np.arange(8, dtype=np.int8), quantization(1e-6, 3))
        summand = editor.emit(Dequantize(), [stored], "dq")
        y = editor.emit(Add(), [fake_quantized(editor, "x", 0.03), summand], "op")
        return [fake_quantized(editor, y, 0.0437)]
    before = build(ROWS, make)
    after = fuse_qdq.run(before)
    _within_a_step(before, after, 0.0437)
    assert _node(after, "op").reason == ""


def _asymmetric(editor: Editor) -> str:
    data = np.random.default_rng(0).integers(-127, 128, (5, 8)).astype(np.int8)
    stored = editor.add_constant("w", data, quantization(0.01, 7))
    return editor.emit(Dequantize(), [stored], "dequantize")


REFUSED = {
    "the input is not quantized": (
        lambda e: fake_quantized(e, e.emit(Unary("tanh"), ["x"], "op"), 0.04),
        "its input 'x' is a float32 input of the model"),
    "the input comes from a float op": (
        lambda e: fake_quantized(e, e.emit(Unary("abs"), [
            e.emit(Unary("tanh"), ["x"], "first")], "op"), 0.04),
        "its input 'first.out' comes in float32 from 'first' (unary)"),
    "the output is the model's": (
        lambda e: e.emit(Unary("tanh"), [fake_quantized(e, "x", 0.03)], "op"),
        "its output 'op.out' leaves the model in float32"),
    "the output is read in float": (
        lambda e: e.emit(Div(), [e.emit(Unary("tanh"), [fake_quantized(e, "x", 0.03)], "op"), "x"],
                         "div"),
        "its output 'op.out' is read in float32 by 'div' (div)"),
    "the weights are float": (
        lambda e: fake_quantized(e, e.emit(FullyConnected(), [
            fake_quantized(e, "x", 0.03), constant(e, (5, 8))], "op"), 0.04),
        "its weights 'constant3' are not quantized"),
    "the weights are asymmetric": (
        lambda e: fake_quantized(e, e.emit(FullyConnected(), [
            fake_quantized(e, "x", 0.03), _asymmetric(e)], "op"), 0.04),
        "the weights 'w' must have zero point 0 (symmetric quantization)."),
    "there is no int8 form": (
        lambda e: fake_quantized(e, e.emit(Div(), [
            fake_quantized(e, "x", 0.03), fake_quantized(e, "x", 0.02)], "op"), 0.04),
        "div has no int8 form"),
    "a constant is float": (
        lambda e: fake_quantized(e, e.emit(Add(), [
            fake_quantized(e, "x", 0.03), constant(e, (8,))], "op"), 0.04),
        "its input 'constant3' is a float32 constant"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_node_stays_in_float_and_says_why_when(why: str) -> None:
    make, reason = REFUSED[why]
    after = fuse_qdq.run(build(ROWS, lambda e: [make(e)]))
    assert _node(after, "op").reason == reason


def test_output_quantized_in_two_ways_stays_in_float() -> None:
    def make(editor: Editor) -> list[str]:
        y = editor.emit(Unary("tanh"), [fake_quantized(editor, "x", 0.03)], "op")
        return [editor.emit(Quantize(), [y], f"q{i}", quantization=quantization(0.01 * (i + 1)))
                for i in range(2)]
    after = fuse_qdq.run(build(ROWS, make))
    assert _node(after, "op").reason == "its output 'op.out' is quantized in 2 ways"


def test_a_float_model_gets_no_reasons() -> None:
    before = build(ROWS, lambda e: [e.emit(Unary("tanh"), ["x"], "op")])
    assert fuse_qdq.run(before) is before


def test_convolution_in_int8_pads_with_the_zero_point() -> None:
    def make(editor: Editor) -> list[str]:
        conv = Conv2d(stride=(2, 1), pad=(1, 0, 1, 2), groups=2)
        y = editor.emit(conv, [fake_quantized(editor, "x", 0.03, 20),
                               stored_weights(editor, (6, 3, 3, 2))], "op")
        return [fake_quantized(editor, y, 0.04, 3)]
    before = build({"x": (1, 7, 6, 4)}, make)
    after = fuse_qdq.run(before)
    _within_a_step(before, after, 0.04)
    assert ops(after) == ["quantize", "conv2d", "dequantize"]
