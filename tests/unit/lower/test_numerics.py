"""The integer arithmetic against exact rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.lower import numerics
from tests.unit.lower.exact_arithmetic import exact_requantize, to_f32

ACCUMULATORS = st.integers(-2**31, 2**31 - 1)
MULTIPLIERS = st.floats(2.0**-32, 256, exclude_max=True, width=32)
ZERO_POINTS = st.integers(-128, 127)
INT8 = st.integers(-128, 127)
SCALES = st.floats(2.0**-20, 2.0**10, width=32)
RATIOS = st.floats(2.0**-10, 256, exclude_max=True, width=32)


@given(ACCUMULATORS, MULTIPLIERS, ZERO_POINTS, INT8, INT8)
def test_requantize_any_value_equals_exact_arithmetic(acc: int, mult: float, zero: int, a: int,
                                                      b: int) -> None:
    qmin, qmax = min(a, b), max(a, b)
    got = numerics.requantize(np.asarray([acc], np.int64), np.asarray([mult]), zero, qmin, qmax)
    assert int(got[0]) == exact_requantize(acc, mult, zero, qmin, qmax)


@pytest.mark.parametrize("acc", [2**24 + 1, 2**24 + 3, 2**25 + 2, -2**24 - 1, 2**31 - 1, -2**31])
def test_requantize_accumulator_beyond_24_bits_rounds_half_to_even_first(acc: int) -> None:
    got = numerics.requantize(np.asarray([acc], np.int64), np.asarray([2.0**-25]), 0)
    assert int(got[0]) == exact_requantize(acc, 2.0**-25, 0, -128, 127)


@pytest.mark.parametrize(("acc", "expected"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2)])
def test_requantize_ties_go_to_even(acc: int, expected: int) -> None:
    assert int(numerics.requantize(np.asarray([acc]), np.asarray([0.5]), 0)[0]) == expected


def test_round_and_clamp_nan_becomes_zero_point() -> None:
    assert int(numerics.round_and_clamp(np.asarray([np.nan], np.float32), 9)[0]) == 9


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), SCALES, ZERO_POINTS)
def test_quantize_any_value_equals_exact_arithmetic(x: float, scale: float, zero: int) -> None:
    got = int(numerics.quantize(np.asarray([x], np.float32), scale, zero)[0])
    quotient = Fraction(x) / Fraction(scale)
    low, high = Fraction(-128 - zero), Fraction(127 - zero)
    rounded = quotient if abs(quotient) > 2**100 else to_f32(quotient)
    assert got == round(min(max(rounded, low), high)) + zero


@given(INT8, SCALES, ZERO_POINTS)
def test_quantize_undoes_dequantize(q: int, scale: float, zero: int) -> None:
    real = numerics.dequantize(np.asarray([q], np.int8), np.asarray(scale), np.asarray(zero))
    assert int(numerics.quantize(real, scale, zero)[0]) == q


@given(SCALES, ZERO_POINTS, st.floats(-100, 100), st.floats(0, 100))
def test_clamp_bounds_are_ordered_and_inside_int8(scale: float, zero: int, low: float, width: float
                                                  ) -> None:
    qlow, qhigh = numerics.clamp_bounds(low, low + width, scale, zero)
    assert -128 <= qlow <= qhigh <= 127


@given(st.floats(-1000, 1000, width=32), SCALES, ZERO_POINTS, st.floats(-50, 50, width=32))
def test_clamp_bounds_clamping_before_or_after_quantizing_is_the_same(
        x: float, scale: float, zero: int, low: float) -> None:
    high = float(np.float32(low) + np.float32(20))
    qlow, qhigh = numerics.clamp_bounds(low, high, scale, zero)
    before = numerics.quantize(np.clip(np.asarray([x], np.float32), np.float32(low),
                                       np.float32(high)), scale, zero)
    after = np.clip(numerics.quantize(np.asarray([x]), scale, zero), qlow, qhigh)
    assert int(before[0]) == int(after[0])


def test_clamp_bounds_without_clamp_are_all_of_int8() -> None:
    assert numerics.clamp_bounds(-math.inf, math.inf, 0.1, 5) == (-128, 127)


@given(RATIOS, RATIOS, ZERO_POINTS, ZERO_POINTS, st.sampled_from([1, -1]))
def test_add_constants_sum_stays_inside_int32(ratio_a: float, ratio_b: float, zero_a: int,
                                              zero_b: int, sign: int) -> None:
    c = numerics.add_constants(ratio_a, zero_a, ratio_b, zero_b, 1.0, sign)
    corners = [c.bias + qa * c.mult_a + qb * c.mult_b for qa in (-128, 127) for qb in (-128, 127)]
    partial = [c.bias + qa * c.mult_a for qa in (-128, 127)]
    assert all(-2**31 <= value < 2**31 for value in [*corners, *partial, c.bias])
    assert max(abs(c.mult_a), abs(c.mult_b)) <= 2**21
    assert 1 <= c.shift < 32


@given(st.tuples(RATIOS, ZERO_POINTS, INT8), st.tuples(RATIOS, ZERO_POINTS, INT8), ZERO_POINTS,
       st.sampled_from([1, -1]))
def test_add_is_within_a_step_of_the_real_sum(a: tuple[float, int, int], b: tuple[float, int, int],
                                              zero: int, sign: int) -> None:
    c = numerics.add_constants(a[0], a[1], b[0], b[1], 1.0, sign)
    got = int(numerics.add(np.asarray([a[2]], np.int8), np.asarray([b[2]], np.int8), c, zero)[0])
    real = Fraction(a[0]) * (a[2] - a[1]) + sign * Fraction(b[0]) * (b[2] - b[1]) + zero
    nearest = min(max(real, Fraction(-128)), Fraction(127))
    # Half a step of rounding, and each of two multipliers is off by at most half of 2^-shift.
    assert abs(got - nearest) <= Fraction(1, 2) + Fraction(256, 2**c.shift)


@given(st.tuples(RATIOS, ZERO_POINTS, INT8), st.tuples(RATIOS, ZERO_POINTS, INT8), ZERO_POINTS)
def test_add_equals_the_formula_in_whole_numbers(
        a: tuple[float, int, int], b: tuple[float, int, int], zero: int) -> None:
    c = numerics.add_constants(a[0], a[1], b[0], b[1], 1.0)
    got = int(numerics.add(np.asarray([a[2]], np.int8), np.asarray([b[2]], np.int8), c, zero)[0])
    half = 1 << (c.shift - 1)
    total = (a[2] - a[1]) * c.mult_a + (b[2] - b[1]) * c.mult_b + half
    assert got == min(max(total // (1 << c.shift) + zero, -128), 127)


@given(st.lists(st.floats(2.0**-40, 2.0**12, width=32), min_size=1))
def test_multiplier_in_range_is_the_half_open_interval(values: list[float]) -> None:
    expected = all(2.0**-32 <= v < 256 for v in values)
    assert numerics.multiplier_in_range(np.asarray(values)) == expected


def test_multiplier_rounds_each_step_to_float32() -> None:
    s, w, o = np.float32(0.1), np.float32(0.3), np.float32(0.7)
    expected = to_f32(to_f32(Fraction(float(s)) * Fraction(float(w))) / Fraction(float(o)))
    assert Fraction(float(numerics.multiplier(s, w, o))) == expected
