"""Intervals hold what they promise; ties are ties."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.order.statistics import Effect, paired_effect, student_t

TABLE = [(0.95, 1, 12.706), (0.95, 2, 4.303), (0.95, 6, 2.447), (0.99, 4, 4.604),
         (0.95, 1000, 1.962)]


@pytest.mark.parametrize(("confidence", "freedom", "t"), TABLE)
def test_students_t_is_that_of_the_tables(confidence: float, freedom: int, t: float) -> None:
    assert student_t(confidence, freedom) == pytest.approx(t, abs=1e-3)


def simulated(effect: float, seed: int) -> Effect:
    """Two strengths, three seeds, 100 answers right or wrong; seeds differ by a point."""
    rng = np.random.default_rng(seed)
    level = np.array([0.7, 0.8])[:, None, None] + rng.normal(0, 0.01, (2, 3, 1))
    hardness = rng.random(100)
    first, second = (hardness * 0.5 + rng.random((2, 3, 100)) * 0.5 < p
                     for p in (level + effect, level + rng.normal(0, 0.01, (2, 3, 1))))
    return paired_effect(first.astype(float), second.astype(float), 0.95)


def test_two_equal_ways_are_told_apart_in_at_most_one_of_twenty_experiments() -> None:
    assert sum(simulated(0.0, seed).favours(0.0) != 0 for seed in range(400)) <= 20


def test_a_large_effect_is_found_with_its_sign() -> None:
    assert all(simulated(sign * 0.15, seed).favours(0.003) == sign
               for seed in range(20) for sign in (1, -1))


def test_swapping_the_two_turns_the_effect_round() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 2, 3, 40))
    one, other = paired_effect(a, b, 0.9), paired_effect(b, a, 0.9)
    assert (one.mean, one.low, one.high) == pytest.approx((-other.mean, -other.high, -other.low))


def test_the_standard_error_is_that_of_the_equation() -> None:
    d = np.random.default_rng(1).normal(size=(2, 3, 50))
    seeds = d.mean(2)
    pooled = ((seeds - seeds.mean(1, keepdims=True)) ** 2).sum() / (2 * 2)
    expected = np.sqrt(pooled / 6 + d.mean((0, 1)).var(ddof=1) / 50)
    assert paired_effect(d, np.zeros_like(d), 0.95).error == pytest.approx(expected, rel=1e-12)


def test_equal_scores_are_a_tie_of_width_0() -> None:
    a = np.random.default_rng(0).random((1, 2, 30))
    found = paired_effect(a, a, 0.95)
    assert (found.mean, found.low, found.high, found.favours(0.0)) == (0, 0, 0, 0)


def test_an_effect_below_the_least_one_is_a_tie_however_certain() -> None:
    assert Effect(0.002, 0.0019, 0.0021, 1e-5).favours(0.003) == 0


def test_an_interval_that_holds_0_is_a_tie_however_large_the_effect() -> None:
    assert Effect(0.2, -0.01, 0.41, 0.1).favours(0.003) == 0
