"""How far two arrays are apart."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from edgec.lower.graph import Quantization, Tensor
from edgec.measure.parity.difference import between

X = Tensor("x", (4,), "s8", Quantization(np.float32(0.5), np.int32(10)))


def test_integers_are_counted_in_steps_around_their_zero_point() -> None:
    found = between(np.array([10, 20, 30, 110], np.int8), np.array([10, 21, 30, 108], np.int8), X)
    assert (found.values, found.differ, found.largest, found.parted) == (4, 2, 2, True)
    assert found.sqnr_db == pytest.approx(10 * np.log10((0 + 100 + 400 + 10000) / (1 + 4)))


def test_float_sums_in_another_order_have_not_parted() -> None:
    a = np.array([1.0, -100.0], np.float32)
    assert not between(a, a + np.float32(1e-3)).parted
    assert between(a, a + np.float32(1e-1)).parted


@pytest.mark.parametrize("values", [[np.nan, 1.0], [np.inf, -np.inf], [0.0, 0.0]])
def test_equal_values_do_not_differ_whatever_they_are(values: list[float]) -> None:
    found = between(np.array(values, np.float32), np.array(values, np.float32))
    assert (found.differ, found.sqnr_db, found.parted) == (0, inf, False)


def test_nan_in_place_of_a_number_is_as_far_as_can_be() -> None:
    found = between(np.ones(2, np.float32), np.array([1.0, np.nan], np.float32))
    assert (found.differ, found.largest, found.parted) == (1, inf, True)
    assert found.to_json()["largest"] is None


def test_differences_of_several_runs_add_up() -> None:
    a, b = np.array([10, 12], np.int8), np.array([11, 12], np.int8)
    both = between(a, b) + between(a, a)
    assert (both.values, both.differ, both.largest) == (4, 1, 1)
