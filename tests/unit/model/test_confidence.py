"""How sure a classifier is: the table's softmax against the real one, and its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edgec.model.confidence import ALWAYS, NEVER, ONE, confidence, softmax_sums, sum_limit

LOGITS = arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 30)),
                elements=st.floats(-50, 50, width=32))


@given(LOGITS)
def test_confidence_is_the_largest_softmax_to_a_percent(logits):
    wide = logits.astype(np.float64)
    exact = 1 / np.exp(wide - wide.max(-1, keepdims=True)).sum(-1)
    np.testing.assert_allclose(confidence(logits), exact, rtol=0.01)


@given(LOGITS, st.floats(0.01, 1.5))
def test_limit_of_a_threshold_is_reached_exactly_when_confidence_reaches_it(logits, threshold):
    sums = softmax_sums(logits)
    np.testing.assert_array_equal(sums <= sum_limit(threshold), ONE / sums >= threshold)


@given(LOGITS)
def test_threshold_0_is_always_reached_and_above_1_never(logits):
    sums = softmax_sums(logits)
    assert (sums <= sum_limit(0.0)).all()
    assert not (sums <= sum_limit(NEVER)).any()
    assert not (sums <= sum_limit(1.0 + 1e-9)).any()


@given(LOGITS)
def test_order_of_classes_does_not_matter(logits):
    np.testing.assert_array_equal(softmax_sums(logits), softmax_sums(logits[:, ::-1]))


@pytest.mark.parametrize(("row", "total"), [
    ([np.nan, 1.0], 2 * ONE), ([np.inf, np.inf], 2 * ONE), ([np.inf, 0.0], ONE),
    ([-np.inf, -np.inf], 2 * ONE), ([np.nan, np.nan], 2 * ONE)])
def test_what_is_no_number_counts_as_the_best(row, total):
    assert softmax_sums(np.asarray([row], np.float32)).tolist() == [total]


def test_most_classes_stay_below_always():
    assert softmax_sums(np.zeros((1, 4095), np.float32))[0] < ALWAYS
