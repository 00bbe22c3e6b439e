"""LiteRT against the reference on int8: equal bytes, or one step where it rounds otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.contract.op_cases import cases_of

pytest.importorskip("ai_edge_litert.interpreter")
differences = pytest.importorskip("tests.unit.lower.backends.litert_differences")

# Rounded half away from zero, with a zero point added before, or in a fixed-point multiplier.
AT_MOST_ONE_STEP = {"average_pool2d", "batch_matmul", "lut requantize", "mean", "resize", "softmax"}
EQUAL = {"add", "concat", "conv2d", "depthwise_conv2d", "fully_connected", "gather",
         "lut sigmoid", "lut tanh", "max_pool2d", "mul", "pad", "quantize", "reshape", "slice",
         "sub", "transpose"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory):
    return differences.measure(Path(tmp_path_factory.mktemp("litert")))


def test_every_int8_operator_is_measured(rows) -> None:
    assert {op for op, place in rows if place == "int8"} == EQUAL | AT_MOST_ONE_STEP


@pytest.mark.parametrize("op", sorted(EQUAL))
def test_operator_with_the_same_rounding_gives_equal_bytes(rows, op: str) -> None:
    row = rows[op, "int8"]
    assert (row.differ, row.largest) == (0, 0)
    assert row.values > 40


@pytest.mark.parametrize("op", sorted(AT_MOST_ONE_STEP))
def test_operator_with_another_rounding_is_one_step_off_at_most(rows, op: str) -> None:
    assert rows[op, "int8"].largest <= 1


def test_what_runs_in_float_is_one_step_off_at_most(rows) -> None:
    off = {op: row.largest for (op, place), row in rows.items() if place == "float32"}
    assert len(off) > 15
    off.pop("layer_norm of equal values")  # 0 / sqrt(0 + epsilon)
    assert max(off.values()) <= 1


def test_few_cases_are_refused(rows) -> None:
    refused = {op: row.cases for (op, place), row in rows.items()
               if place == "refused" and not op.endswith("_add")}  # made by our engine's passes
    assert refused == {"lut erf": 1, "resize": 1, "pad": 3}


def test_cast_of_numbers_is_equal_and_saturates(tmp_path) -> None:
    for one in (c for c in cases_of("cast") if c.name.startswith("f32_to_s")):
        clean = differences.without_nan(one)
        got, = differences.run_litert(clean.graph, dict(clean.inputs), tmp_path)
        expected = differences.interpret(clean.graph, clean.inputs)["y"]
        np.testing.assert_array_equal(got, expected)
