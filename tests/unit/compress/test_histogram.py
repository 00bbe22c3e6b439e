from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgec.compress.histogram import BINS, Histogram

FLOATS = hnp.arrays(np.float32, st.integers(1, 50),
                    elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False))


def filled(parts: list[np.ndarray]) -> Histogram:
    histogram = Histogram()
    for part in parts:
        histogram.add(part)
    return histogram


@given(FLOATS, st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_counts_do_not_depend_on_order_or_batches(values, random, parts) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    whole = filled([values])
    pieces = filled(np.array_split(np.array(shuffled, np.float32), parts))
    assert np.array_equal(whole.counts, pieces.counts)
    assert (whole.width, whole.low, whole.high) == (pieces.width, pieces.low, pieces.high)


@given(FLOATS)
@settings(max_examples=60, deadline=None)
def test_every_value_is_counted_in_the_bin_that_holds_it(values) -> None:
    histogram = filled([values])
    index = np.floor(values.astype(np.float64) / histogram.width).astype(int) + BINS
    assert np.array_equal(histogram.counts, np.bincount(index, minlength=2 * BINS))


@given(FLOATS.filter(lambda v: np.abs(v).max() > 1e-20))
@settings(max_examples=60, deadline=None)
def test_half_of_the_bins_or_more_cover_the_largest_value(values) -> None:
    histogram = filled([values[:1], values])
    assert BINS / 2 * histogram.width <= np.abs(values).max() < BINS * histogram.width


def test_zeros_alone_give_a_range_of_zero() -> None:
    histogram = filled([np.zeros(7, np.float32), np.zeros(3, np.float32)])
    assert (histogram.low, histogram.high, histogram.total) == (0.0, 0.0, 10)


def test_empty_batch_changes_nothing() -> None:
    assert filled([np.zeros((0, 4), np.float32)]).total == 0
