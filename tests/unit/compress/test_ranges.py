from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgec.compress import ranges
from edgec.compress.histogram import Histogram

VALUES = hnp.arrays(np.float32, st.integers(1, 200), elements=st.floats(-1e4, 1e4, width=32))


def of(values: np.ndarray) -> Histogram:
    histogram = Histogram()
    histogram.add(np.asarray(values, np.float32))
    return histogram


def squared_error(values: np.ndarray, low: float, high: float) -> float:
    scale = (high - low) / 255
    q = np.clip(np.rint(values / scale) - np.rint(low / scale), 0, 255)
    return float(np.square(values - (q + np.rint(low / scale)) * scale).sum())


@pytest.mark.parametrize("rule", ranges.RULES)
@given(values=VALUES)
@settings(max_examples=40, deadline=None)
def test_range_holds_zero_and_stays_within_what_was_seen(rule: str, values) -> None:
    low, high = ranges.choose(of(values), rule, 99.9)
    assert min(float(values.min()), 0) <= low <= 0 <= high <= max(float(values.max()), 0)


@given(values=VALUES)
@settings(max_examples=40, deadline=None)
def test_percentile_range_grows_with_the_percentile(values) -> None:
    histogram = of(values)
    found = [ranges.choose(histogram, "percentile", p) for p in (90.0, 99.0, 99.9, 100.0)]
    assert [low for low, _ in found] == sorted((low for low, _ in found), reverse=True)
    assert [high for _, high in found] == sorted(high for _, high in found)


def test_percentile_of_hundred_is_everything_seen() -> None:
    values = np.random.default_rng(0).normal(size=5000)
    assert ranges.choose(of(values), "percentile", 100.0) == ranges.choose(of(values), "minmax", 1)


def test_percentile_cuts_the_share_it_is_told() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, 100_000)
    low, high = ranges.choose(of(values), "percentile", 99.0)
    assert (low, high) == (pytest.approx(-0.98, abs=3e-3), pytest.approx(0.98, abs=3e-3))


@pytest.mark.parametrize("heavy", [1.5, 3.0, 10.0])
def test_mse_range_has_less_error_than_minmax_and_percentile(heavy: float) -> None:
    values = np.random.default_rng(1).standard_t(heavy, 50_000).astype(np.float32)
    errors = {rule: squared_error(values, *ranges.choose(of(values), rule, 99.9))
              for rule in ranges.RULES}
    assert errors["mse"] <= min(errors.values()) * 1.001


def test_mse_keeps_all_of_a_uniform_distribution() -> None:
    values = np.random.default_rng(1).uniform(0, 6, 50_000)
    assert ranges.choose(of(values), "mse", 1)[1] == pytest.approx(6, rel=0.02)


@pytest.mark.parametrize("rule", ranges.RULES)
def test_nothing_seen_gives_a_range_of_nothing(rule: str) -> None:
    assert ranges.choose(Histogram(), rule, 99.9) == (0.0, 0.0)
