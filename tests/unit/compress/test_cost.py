"""BitOps, and the numbers beside them."""

import numpy as np
import pytest

from edgec.compress.cost import paper_cost
from tests.unit.compress.float_models import from_text


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
    assert paper_cost(quantized(np.full((4, 3), -127, np.int8))).bit_ops == 12 * 8 * 8


@pytest.mark.parametrize(("largest", "bits"), [(1, 2), (3, 3), (7, 4), (8, 5), (127, 8)])
def test_weights_count_with_the_bits_of_their_range(largest: int, bits: int) -> None:
    weights = np.ones((4, 3), np.int8)
    weights[2, 1] = -largest
    assert paper_cost(quantized(weights)).bit_ops == 12 * bits * 8


def test_bytes_are_those_of_the_onnx_file_where_there_is_no_target(tmp_path) -> None:
    from edgec.model.onnx_file import save_model

    model = matrix(np.ones((4, 3), np.float32))
    save_model(model, tmp_path / "m.onnx")
    assert paper_cost(model).bytes == pytest.approx((tmp_path / "m.onnx").stat().st_size, rel=0.02)
