"""Weights of fewer than 8 bits."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization import scheme
from edgec.errors import MethodError
from tests.unit.compress.float_models import cnn, images


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("axis", [None, 0])
def test_integers_stay_in_the_symmetric_range_of_their_bits(bits: int, axis: int | None) -> None:
    values = np.random.default_rng(bits).normal(size=(6, 40)).astype(np.float32)
    made = scheme.weight(values, axis, levels=scheme.levels_of(bits))
    assert np.abs(made.values.astype(int)).max() == 2 ** (bits - 1) - 1
    assert made.bits == bits


@pytest.mark.parametrize("seed", range(5))
def test_cutting_off_the_largest_leaves_less_error_than_keeping_them(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(8, 200)).astype(np.float32)
    cut = scheme.weight(values, 0, levels=7)
    scale = np.abs(values).max(axis=1, keepdims=True) / 7
    whole = np.rint(values / scale) * scale
    assert np.square(cut.real - values).sum() < 0.9 * np.square(whole - values).sum()


def test_8_bits_keep_the_largest_weight() -> None:
    values = np.random.default_rng(0).normal(size=(8, 200)).astype(np.float32)
    assert (np.abs(scheme.weight(values, 0).values.astype(int)).max(axis=1) == 127).all()


def test_named_layers_keep_8_bits() -> None:
    plain = run(Quantize(weight_bits=4, min_sqnr_db=-100), cnn(), Given(images(4)))
    names = [la.name for la in plain.report.layers if la.kind == "linear"]
    some = run(Quantize(weight_bits=4, eight_bits=(names[0],), min_sqnr_db=-100), cnn(),
               Given(images(4)))
    assert [la.weight_bits for la in plain.report.layers if la.kind == "linear"] == [4] * 5
    assert [la.weight_bits for la in some.report.layers if la.kind == "linear"] == [8] + [4] * 4


def test_layer_that_loses_too_much_gets_8_bits_before_it_becomes_float() -> None:
    result = run(Quantize(weight_bits=2, min_sqnr_db=15), cnn(), Given(images(4)))
    bits = [la.weight_bits for la in result.report.layers if la.kind == "linear"]
    assert 8 in bits
    assert all(la.runs == "int8" for la in result.report.layers if la.kind == "linear")


@pytest.mark.parametrize(("options", "message"), [
    (Quantize(weight_bits=1), "weight_bits is 1; it must be from 2 to 8"),
    (Quantize(rounding_steps=0), "rounding_steps is 0; it must be 1 or more"),
    (Quantize(mixed_cost="watts"), "it must be one of bytes, bitops"),
])
def test_option_out_of_range_is_refused(options: Quantize, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        run(options, cnn(), Given(images(1)))
