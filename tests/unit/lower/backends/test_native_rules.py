"""Each rule of the native backend refuses what its docstring says; a test has the rule's name."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np
import pytest

from edgec.errors import UnsupportedOps
from edgec.lower import catalog, site_rules
from edgec.lower.backend import Site, load_backend, require_supported
from edgec.lower.backends.native import rules
from edgec.lower.graph import DTYPES, Graph, Node, Quantization, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.div import Div
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.lut import Lut
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reduce_sum import ReduceSum
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.resize import Resize
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.transpose import Transpose
from edgec.target.target import load_target

TARGET = load_target("generic_x86_64")


def t(name: str, dtype: str, *shape: int, constant: bool = False) -> Tensor:
    q = Quantization(np.float32(0.1), np.int32(0)) if dtype == "s8" else None
    return Tensor(name, shape, dtype, q, np.zeros(shape, DTYPES[dtype]) if constant else None)


def refusals(attributes: Any, inputs: list[Tensor], output: Tensor) -> list[str]:
    node = Node("n", catalog.op_name(attributes), tuple(x.name for x in inputs), (output.name,),
                attributes)
    site = Site(node, tuple(inputs), (output,))
    return list(load_backend("native").supports(site, TARGET))


def assert_only(rule: site_rules.Rule, found: list[str]) -> None:
    assert found == [rule.__doc__]


def test_rank_at_most_six() -> None:
    assert_only(site_rules.rank_at_most_six, refusals(
        Reshape((1,) * 7), [t("x", "f32", 1)], t("y", "f32", *(1,) * 7)))


def test_no_empty_tensor() -> None:
    assert_only(rules.no_empty_tensor, refusals(
        Reshape((0, 2)), [t("x", "f32", 0)], t("y", "f32", 0, 2)))
    huge = t("x", "f32", 2**15, 2**15)
    assert refusals(Reshape(huge.shape), [huge], t("y", "f32", *huge.shape)) == []
    huge = t("x", "f32", 2**15, 2**15, 2)
    assert_only(rules.no_empty_tensor, refusals(Reshape(huge.shape), [huge],
                                                t("y", "f32", *huge.shape)))


def test_at_most_255_inputs() -> None:
    assert_only(rules.at_most_255_inputs, refusals(
        Concat(0), [t(f"x{i}", "f32", 1) for i in range(256)], t("y", "f32", 256)))


def test_float_or_int8() -> None:
    assert_only(site_rules.float_or_int8, refusals(Softmax(), [t("x", "s32", 4)], t("y", "s32", 4)))


def test_bytes_only() -> None:
    def site(x: str, y: str) -> Site:
        return Site(Node("n", "lut", ("x", "table"), ("y",), Lut("requantize")),
                    (t("x", x, 4), t("table", "s8", 256, constant=True)), (t("y", y, 4),))

    assert site_rules.bytes_only(site("u8", "s8"))
    assert site_rules.bytes_only(site("s8", "u8"))
    assert not site_rules.bytes_only(site("s32", "s8"))
    assert not site_rules.bytes_only(site("s8", "f32"))


def test_operands_float_or_int8() -> None:
    assert_only(site_rules.operands_float_or_int8, refusals(
        Add(), [t("a", "s64", 4), t("b", "s64", 4)], t("y", "s64", 4)))


def test_float_only() -> None:
    assert_only(rules.float_only, refusals(
        Div(), [t("a", "s32", 4), t("b", "s32", 4)], t("y", "s32", 4)))


def test_one_type() -> None:
    assert_only(site_rules.one_type,
                refusals(Transpose((0,)), [t("x", "f32", 4)], t("y", "s32", 4)))


def test_inputs_of_one_type() -> None:
    assert_only(site_rules.inputs_of_one_type, refusals(
        Concat(0), [t("a", "f32", 4), t("b", "s32", 4)], t("y", "f32", 8)))


def test_constant_weights() -> None:
    assert_only(site_rules.constant_weights, refusals(
        FullyConnected(), [t("x", "f32", 4), t("w", "f32", 3, 4)], t("y", "f32", 3)))


def test_equal_batch_axes() -> None:
    assert_only(rules.equal_batch_axes, refusals(
        BatchMatmul(), [t("a", "f32", 2, 3, 4), t("b", "f32", 4, 5)], t("y", "f32", 2, 3, 5)))


def test_neighbouring_axes() -> None:
    assert_only(rules.neighbouring_axes, refusals(
        ReduceSum((0, 2)), [t("x", "f32", 2, 3, 4)], t("y", "f32", 1, 3, 1)))
    assert refusals(ReduceSum((0, 2)), [t("x", "f32", 2, 1, 4)], t("y", "f32", 1, 1, 1)) == []


def test_steps_forward() -> None:
    assert_only(rules.steps_forward, refusals(
        Slice((3,), (-1,), (4,)), [t("x", "f32", 4)], t("y", "f32", 4)))


def test_known_cast() -> None:
    assert_only(rules.known_cast, refusals(Cast("u8"), [t("x", "f32", 4)], t("y", "u8", 4)))
    assert_only(rules.known_cast, refusals(Cast("f32"), [t("x", "u32", 4)], t("y", "f32", 4)))


def test_integer_indices() -> None:
    assert_only(site_rules.integer_indices, refusals(
        Gather(), [t("x", "f32", 4), t("i", "u8", 2)], t("y", "f32", 2)))


def test_small_window() -> None:
    assert_only(rules.small_window, refusals(
        MaxPool2d((1, 1), (32768, 1)), [t("x", "f32", 1, 4, 4, 1)], t("y", "f32", 1, 1, 4, 1)))
    assert_only(rules.small_window, refusals(
        Conv2d(dilation=(0, 1)), [t("x", "f32", 1, 4, 4, 1), t("w", "f32", 1, 1, 1, 1,
                                                              constant=True)],
        t("y", "f32", 1, 4, 4, 1)))


def test_small_sum() -> None:
    long = t("x", "f32", 2**22 + 1, 1)
    assert_only(rules.small_sum, refusals(ReduceSum((0,)), [long], t("y", "f32", 1, 1)))
    assert refusals(ReduceSum((1,)), [long], long) == []


def test_positive_epsilon() -> None:
    parameters = [t(n, "f32", 4, constant=True) for n in ("gamma", "beta")]
    assert_only(rules.positive_epsilon, refusals(
        LayerNorm(-1e-5), [t("x", "f32", 4), *parameters], t("y", "f32", 4)))


def test_linear_resize_of_numbers() -> None:
    assert_only(rules.linear_resize_of_numbers, refusals(
        Resize((2, 2), "linear"), [t("x", "s32", 1, 4, 4, 1)], t("y", "s32", 1, 2, 2, 1)))


def test_pads_with_32_bits() -> None:
    assert_only(rules.pads_with_32_bits, refusals(
        Pad((1,), (0,), 2.0), [t("x", "s64", 4)], t("y", "s64", 5)))


def test_every_rule_has_a_test_of_its_name() -> None:
    found = [name for module in (rules, site_rules)
             for name, f in inspect.getmembers(module, inspect.isfunction)
             if f.__module__ == module.__name__ and not name.startswith("_")]
    assert found
    assert all(hasattr(sys.modules[__name__], f"test_{name}") for name in found)


def test_int8_rules_of_the_op_are_asked_too() -> None:
    y = Tensor("y", (4,), "s8", None)
    assert "'y' has no scale and zero point." in refusals(Softmax(), [t("x", "s8", 4)], y)


def test_op_without_emitter_is_refused_by_name() -> None:
    site = Site(Node("n", "fft", ("x",), ("y",), None), (t("x", "f32", 4),), (t("y", "f32", 4),))
    assert list(load_backend("native").supports(site, TARGET)) == [
        "the native backend has no op 'fft'."]


def test_require_supported_lists_every_refused_node_with_its_rule() -> None:
    tensors = {"x": t("x", "s32", 4), "y": t("y", "s32", 4), "z": t("z", "s32", 4)}
    nodes = (Node("first", "softmax", ("x",), ("y",), Softmax()),
             Node("second", "div", ("y", "y"), ("z",), Div()))
    graph = Graph("g", tensors, nodes, ("x",), ("z",))
    with pytest.raises(UnsupportedOps) as caught:
        require_supported("native", load_backend("native"), graph, TARGET)
    assert f"first: softmax: {site_rules.float_or_int8.__doc__}" in str(caught.value)
    assert f"second: div: {rules.float_only.__doc__}" in str(caught.value)
