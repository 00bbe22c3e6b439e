from __future__ import annotations

import numpy as np
import pytest
import torch

from edgec.compress.quantization import scheme
from edgec.compress.quantization.adaround import learn_rounding, rectified_sigmoid, round_up_or_down
from edgec.compress.quantization.rounding import grouped, output_error, round_weight
from edgec.compress.quantization.units import find_units, weight_array
from tests.unit.compress.float_models import from_text, normal


def layer(seed: int, sparse: bool = False):
    """A matrix product of 24 inputs, and the second moments of inputs that go together."""
    rng = np.random.default_rng(seed)
    weight = normal(rng, 16, 24)
    if sparse:
        weight[:, ::2] = 0
    model = from_text("m (float[1,24] x) => (float[1,16] y) { y = Gemm <transB = 1> (x, w) }",
                      {"w": weight})
    x = rng.normal(size=(400, 24)) @ rng.normal(size=(24, 24)) / 5 + rng.normal(size=24)
    return find_units(model.graph)[0], (x.T @ x)[None]


def error(unit, weight: scheme.Weight, moments: np.ndarray) -> np.ndarray:
    e = grouped(unit, (weight.real - weight_array(unit)).astype(np.float64))
    return output_error(e, moments)


@pytest.mark.parametrize("seed", range(5))
def test_4_bits_have_at_least_a_fifth_less_error_than_by_nearest_and_no_output_more(
        seed: int) -> None:
    unit, moments = layer(seed)
    nearest = scheme.weight(weight_array(unit), 0, levels=7)
    learned = learn_rounding(unit, nearest, moments, 500)
    before, after = error(unit, nearest, moments), error(unit, learned, moments)
    assert (after <= before).all()
    assert after.sum() < 0.8 * before.sum()


@pytest.mark.parametrize("seed", range(5))
def test_4_bits_have_less_error_than_by_error_feedback(seed: int) -> None:
    unit, moments = layer(seed)
    nearest = scheme.weight(weight_array(unit), 0, levels=7)
    fed = error(unit, round_weight(unit, nearest, moments), moments).sum()
    assert error(unit, learn_rounding(unit, nearest, moments, 500), moments).sum() < fed


def test_every_weight_goes_up_or_down_by_less_than_one_step() -> None:
    rng = np.random.default_rng(0)
    weight = rng.uniform(-6.9, 6.9, (1, 4, 8))
    x = rng.normal(size=(30, 8)).cumsum(axis=1)
    rounded = round_up_or_down(weight, (x.T @ x)[None], 7, 200)
    assert np.abs(rounded - weight).max() < 1
    assert np.array_equal(rounded, np.rint(rounded))


@pytest.mark.parametrize("rounding", [lambda *a: learn_rounding(*a, 100), round_weight])
def test_zeros_stay_zero(rounding) -> None:
    unit, moments = layer(0, sparse=True)
    nearest = scheme.weight(weight_array(unit), 0, levels=7)
    assert not rounding(unit, nearest, moments).values[:, ::2].any()


def test_sigmoid_reaches_both_ends() -> None:
    found = rectified_sigmoid(torch.tensor([-3.0, 0.0, 3.0]))
    assert found.tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_equal_inputs_give_equal_integers() -> None:
    unit, moments = layer(3)
    nearest = scheme.weight(weight_array(unit), 0, levels=7)
    first, second = (learn_rounding(unit, nearest, moments, 50) for _ in range(2))
    assert np.array_equal(first.values, second.values)
