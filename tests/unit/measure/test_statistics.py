import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.measure.statistics import SAMPLES_NEEDED, summarize


@pytest.mark.parametrize(("name", "needed"), SAMPLES_NEEDED.items())
def test_percentile_with_one_sample_too_few_is_missing(name: str, needed: int) -> None:
    assert summarize([1000] * (needed - 1)).percentiles_us[name] is None
    assert summarize([1000] * needed).percentiles_us[name] == 1.0


@given(st.lists(st.integers(0, 10**9), min_size=64, max_size=200))
def test_percentile_is_a_sample_and_percentiles_are_ordered(samples: list[int]) -> None:
    summary = summarize(samples)
    p50, p90 = summary.percentiles_us["p50"], summary.percentiles_us["p90"]
    assert p50 is not None
    assert p90 is not None
    assert {round(p50 * 1000), round(p90 * 1000)} <= set(samples)
    assert summary.min_us <= p50 <= p90 <= summary.max_us
