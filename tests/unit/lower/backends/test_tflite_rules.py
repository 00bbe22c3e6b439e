"""Each rule of the tflite backend refuses what its docstring says; a test has the rule's name."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np

from edgec.lower import catalog, site_rules
from edgec.lower.backend import Site, load_backend
from edgec.lower.backends.tflite import rules
from edgec.lower.graph import DTYPES, Node, Quantization, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.div import Div
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.lut import Lut
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.resize import Resize
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from edgec.target.target import load_target

TARGET = load_target("generic_x86_64")


def t(name: str, dtype: str, *shape: int, scale: float = 0.1, zero: int = 0,
      constant: bool = False) -> Tensor:
    q = Quantization(np.float32(scale), np.int32(zero)) if dtype == "s8" else None
    return Tensor(name, shape, dtype, q, np.zeros(shape, DTYPES[dtype]) if constant else None)


def refusals(attributes: Any, inputs: list[Tensor], output: Tensor) -> list[str]:
    node = Node("n", catalog.op_name(attributes), tuple(x.name for x in inputs), (output.name,),
                attributes)
    return list(load_backend("tflite").supports(Site(node, tuple(inputs), (output,)), TARGET))


def assert_only(rule: site_rules.Rule, found: list[str]) -> None:
    assert found == [rule.__doc__]


def test_rank_at_most_six() -> None:
    assert_only(site_rules.rank_at_most_six, refusals(
        Reshape((1,) * 7), [t("x", "f32", 1)], t("y", "f32", *(1,) * 7)))


def test_no_empty_tensor() -> None:
    assert_only(rules.no_empty_tensor, refusals(
        Reshape((0, 2)), [t("x", "f32", 0)], t("y", "f32", 0, 2)))


def test_no_uint32() -> None:
    assert_only(rules.no_uint32, refusals(Transpose((0,)), [t("x", "u32", 4)], t("y", "u32", 4)))


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
    parameters = [t(n, "f32", 4, constant=True) for n in ("gamma", "beta")]
    assert_only(rules.float_only, refusals(
        LayerNorm(), [t("x", "s8", 4), *parameters], t("y", "s8", 4)))


def test_one_type() -> None:
    assert_only(site_rules.one_type,
                refusals(Transpose((0,)), [t("x", "f32", 4)], t("y", "s32", 4)))


def test_inputs_of_one_type() -> None:
    assert_only(site_rules.inputs_of_one_type, refusals(
        Concat(0), [t("a", "f32", 4), t("b", "s32", 4)], t("y", "f32", 8)))


def test_constant_weights() -> None:
    assert_only(site_rules.constant_weights, refusals(
        FullyConnected(), [t("x", "f32", 4), t("w", "f32", 3, 4)], t("y", "f32", 3)))


def test_average_as_same_or_valid() -> None:
    x, y = t("x", "s8", 1, 6, 6, 2), t("y", "s8", 1, 3, 3, 2)
    uncounted = AveragePool2d((3, 3), (2, 2), (1, 1, 1, 1))
    assert_only(rules.average_as_same_or_valid, refusals(uncounted, [x], y))
    counted = AveragePool2d((3, 3), (2, 2), (1, 1, 1, 1), count_include_pad=True)
    assert refusals(counted, [x], y) == []


def test_average_keeps_scale() -> None:
    assert_only(rules.average_keeps_scale, refusals(
        AveragePool2d((2, 2)), [t("x", "s8", 1, 2, 2, 1)], t("y", "s8", 1, 1, 1, 1, zero=1)))


def test_softmax_scale() -> None:
    x = t("x", "s8", 4)
    assert_only(rules.softmax_scale, refusals(Softmax(), [x], t("y", "s8", 4, scale=1 / 256)))
    assert refusals(Softmax(), [x], t("y", "s8", 4, scale=1 / 256, zero=-128)) == []


def lut_refusals(kind: str, scale: float, zero: int) -> list[str]:
    return refusals(Lut(kind), [t("x", "s8", 4), t("table", "s8", 256, constant=True)],
                    t("y", "s8", 4, scale=scale, zero=zero))


def test_int8_function() -> None:
    assert_only(rules.int8_function, lut_refusals("hard_swish", 0.1, 0))


def test_output_scale_of_function() -> None:
    assert_only(rules.output_scale_of_function, lut_refusals("sigmoid", 1 / 256, 0))
    assert_only(rules.output_scale_of_function, lut_refusals("tanh", 1 / 256, 0))
    accepted = [lut_refusals(*function) for function in (
        ("sigmoid", 1 / 256, -128), ("tanh", 1 / 128, 0), ("requantize", 0.3, 7))]
    assert accepted == [[], [], []]


def test_no_erf() -> None:
    assert_only(rules.no_erf, refusals(Unary("erf"), [t("x", "f32", 4)], t("y", "f32", 4)))


def test_from_float() -> None:
    found = refusals(Quantize(), [t("x", "f32", 4)], t("y", "s8", 4))
    assert found == []
    site = Site(Node("n", "quantize", ("x",), ("y",), Quantize()), (t("x", "s32", 4),),
                (t("y", "s8", 4),))
    assert not rules.from_float(site)


def test_from_int8() -> None:
    site = Site(Node("n", "dequantize", ("x",), ("y",), Dequantize()), (t("x", "s32", 4),),
                (t("y", "f32", 4),))
    assert not rules.from_int8(site)
    assert refusals(Dequantize(), [t("x", "s8", 4)], t("y", "f32", 4)) == []


def test_no_scalar() -> None:
    assert_only(rules.no_scalar, refusals(Pad((), ()), [t("x", "f32")], t("y", "f32")))


def test_rank_at_most_five() -> None:
    shape = (1, 1, 1, 1, 2, 2)
    assert_only(rules.rank_at_most_five, refusals(
        Pad((0,) * 6, (0,) * 6), [t("x", "f32", *shape)], t("y", "f32", *shape)))
    assert_only(rules.rank_at_most_five, refusals(
        BatchMatmul(), [t("a", "f32", *shape), t("b", "f32", *shape)], t("y", "f32", *shape)))


def test_integer_indices() -> None:
    assert_only(site_rules.integer_indices, refusals(
        Gather(), [t("x", "f32", 4), t("i", "u8", 2)], t("y", "f32", 2)))


def test_known_cast() -> None:
    assert_only(rules.known_cast, refusals(Cast("u8"), [t("x", "f32", 4)], t("y", "u8", 4)))


def test_bilinear_of_litert() -> None:
    x = t("x", "f32", 1, 4, 4, 1)
    to_one = Resize((1, 2), "linear", "pytorch_half_pixel")
    assert_only(rules.bilinear_of_litert, refusals(to_one, [x], t("y", "f32", 1, 1, 2, 1)))
    assert_only(rules.bilinear_of_litert, refusals(
        Resize((2, 2), "linear"), [t("x", "s32", 1, 4, 4, 1)], t("y", "s32", 1, 2, 2, 1)))


def test_every_rule_has_a_test_of_its_name() -> None:
    found = [name for name, f in inspect.getmembers(rules, inspect.isfunction)
             if f.__module__ == rules.__name__ and not name.startswith("_")]
    assert found
    assert all(hasattr(sys.modules[__name__], f"test_{name}") for name in found)


def test_int8_rules_of_the_op_are_asked_first() -> None:
    y = Tensor("y", (4,), "s8", None)
    assert refusals(Softmax(), [t("x", "s8", 4)], y) == ["'y' has no scale and zero point."]


def test_op_without_emitter_is_refused_by_name() -> None:
    site = Site(Node("n", "fft", ("x",), ("y",), None), (t("x", "f32", 4),), (t("y", "f32", 4),))
    assert list(load_backend("tflite").supports(site, TARGET)) == [
        "the tflite backend has no op 'fft'."]
