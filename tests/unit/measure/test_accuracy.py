import numpy as np
import pytest

from edgec.measure.accuracy import compare, cosine


def test_compare_counts_agreement_and_both_accuracies() -> None:
    reference = np.eye(4)
    outputs = reference[[0, 1, 3, 3]]
    found = compare(outputs, reference, np.array([0, 1, 2, 0]))
    assert (found.agreement, found.accuracy, found.reference_accuracy) == (0.75, 0.5, 0.75)


def test_cosine_of_scaled_rows_is_one_and_of_zero_rows_is_zero() -> None:
    rows = np.array([[1.0, 2.0], [3.0, -1.0]])
    assert cosine(rows, rows * [[2.0], [0.1]]) == pytest.approx(1.0)
    assert cosine(rows, np.zeros_like(rows)) == 0.0
