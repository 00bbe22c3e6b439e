"""BitOps, and the numbers beside them."""

from dataclasses import replace

import numpy as np
import pytest

from edgec.compress.cost import paper_cost
from edgec.compress.exits.branches import macs_until
from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.model.exits import read_exits, write_exits
from tests.unit.compress.float_models import cnn, from_text
from tests.unit.compress.training.tasks import image_task


def matrix(weight: np.ndarray):
    return from_text("m (float[1,4] x) => (float[1,3] y) { y = MatMul (x, w) }", {"w": weight})


def quantized(weight: np.ndarray):
    return from_text("""
        q (float[1,4] x) => (float[1,3] y) {
            xq = QuantizeLinear (x, s, zx)
            xd = DequantizeLinear (xq, s, zx)
            wd = DequantizeLinear (w, s, zw)
            y = MatMul (xd, wd)
        }""", {"s": np.float32(0.1), "zx": np.int8(0), "zw": weight.dtype.type(0), "w": weight})


def test_float_products_count_32_times_32_bits() -> None:
    assert paper_cost(matrix(np.ones((4, 3), np.float32))).bit_ops == 12 * 32 * 32


def test_products_with_a_zero_weight_count_in_macs_and_not_in_bit_ops() -> None:
    weight = np.ones((4, 3), np.float32)
    weight[:2] = 0
    cost = paper_cost(matrix(weight))
    assert (cost.macs, cost.bit_ops) == (12, 6 * 32 * 32)


def test_int8_products_count_8_times_8_bits() -> None:
    assert paper_cost(quantized(np.full((4, 3), 100, np.int8))).bit_ops == 12 * 8 * 8


@pytest.mark.parametrize(("low", "high", "bits"), [
    (-1, 1, 2), (-3, 3, 3), (-7, 7, 4), (-8, 0, 4), (0, 8, 5), (-127, 127, 8), (-128, 0, 8)])
def test_weights_count_the_bits_that_the_largest_of_a_layer_needs(low: int, high: int,
                                                                  bits: int) -> None:
    weight = np.resize(np.asarray([low or 1, high or -1], np.int8), (4, 3))
    assert paper_cost(quantized(weight)).bit_ops == 12 * bits * 8


def test_bytes_are_those_of_the_onnx_file_where_there_is_no_target(tmp_path) -> None:
    from edgec.model.onnx_file import save_model

    model = matrix(np.ones((4, 3), np.float32))
    save_model(model, tmp_path / "m.onnx")
    assert paper_cost(model).bytes == pytest.approx((tmp_path / "m.onnx").stat().st_size, rel=0.02)


def test_a_model_with_exits_costs_its_mean_and_at_worst_all_of_it() -> None:
    """A quarter leaves behind the first convolution and its head."""
    model = run(EarlyExit(epochs=0, at=(0.3,)), cnn(), Given(task=image_task(64))).model
    write_exits(model, [replace(e, share=0.25) for e in read_exits(model)])
    cost = paper_cost(model)
    until, whole = macs_until(model, ["exit_1", "y"])
    assert (cost.macs, cost.worst_macs) == (round(0.25 * until + 0.75 * whole), whole)
    assert cost.worst_bit_ops == whole * 32 * 32
    assert cost.bit_ops == pytest.approx(cost.macs * 32 * 32, abs=1024)


def test_a_model_without_exits_has_no_worst_case_of_its_own() -> None:
    cost = paper_cost(cnn())
    assert (cost.worst_macs, cost.worst_bit_ops, cost.worst_latency_us) == (None, None, None)
