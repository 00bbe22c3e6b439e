"""Ranks: within the budget, at the best gain, never more weights than before."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgec.compress.factor.allocate import Curve, Ranks, uniform, water_fill
from edgec.errors import MethodError


def curve(seed: int, m: int, n: int) -> Curve:
    gains = np.sort(np.random.default_rng(seed).exponential(size=min(m, n)) ** 3)[::-1]
    return Curve(gains / gains.sum(), m + n, m * n)


def weights(curves: list[Curve], ranks: Ranks) -> int:
    return sum(c.dense if rank is None else rank * c.cost
               for c, rank in zip(curves, ranks, strict=True))


def gain(curves: list[Curve], ranks: Ranks) -> float:
    return sum(float(c.gains.sum() if rank is None else c.gains[:rank].sum())
               for c, rank in zip(curves, ranks, strict=True))


shapes = st.lists(st.tuples(st.integers(8, 40), st.integers(8, 40)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), shapes, st.floats(0.05, 0.6), st.sampled_from([1, 2]))
def test_shared_ranks_keep_the_budget_and_are_smaller_than_the_layers(
        seed: int, sizes: list[tuple[int, int]], ratio: float, step: int) -> None:
    curves = [curve(seed + i, m, n) for i, (m, n) in enumerate(sizes)]
    budget = (1 - ratio) * sum(c.dense for c in curves)
    assume(step * sum(c.cost for c in curves) <= budget)  # else it is refused: tested below
    ranks = water_fill(curves, ratio, step)
    assert weights(curves, ranks) <= budget
    for c, rank in zip(curves, ranks, strict=True):
        assert rank is None or (rank % step == 0 and step <= rank and rank * c.cost < c.dense)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), shapes, st.floats(0.05, 0.9), st.sampled_from([1, 2, 4]))
def test_equal_ranks_are_never_larger_than_the_layer(
        seed: int, sizes: list[tuple[int, int]], ratio: float, step: int) -> None:
    curves = [c for i, (m, n) in enumerate(sizes)
              if (c := curve(seed + i, m, n)).largest(step) >= step]
    for c, rank in zip(curves, uniform(curves, ratio, step), strict=True):
        assert rank is not None
        assert rank * c.cost < c.dense


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.7])
def test_shared_ranks_are_almost_the_best_of_all(seed: int, ratio: float) -> None:
    curves = [curve(3 * seed + i, m, n) for i, (m, n) in enumerate([(6, 8), (10, 10), (5, 12)])]
    budget = (1 - ratio) * sum(c.dense for c in curves)
    choices = [[*range(1, c.largest(1) + 1), None] for c in curves]
    best = max(gain(curves, list(r)) for r in product(*choices)
               if weights(curves, list(r)) <= budget)
    one = max(float(c.gains[:1].sum()) for c in curves)  # what the last component may be worth
    assert best - gain(curves, water_fill(curves, ratio, 1)) < 0.35 * one


def test_a_layer_without_redundancy_stays_whole_and_the_others_pay() -> None:
    flat = Curve(np.full(16, 10.0), 32, 256)  # every component gains as much
    steep = Curve(np.array([1.0] * 4 + [1e-9] * 12), 32, 256)
    assert water_fill([flat, steep], 0.25, 4) == [None, 4]


def test_a_ratio_out_of_reach_says_what_can_be_reached() -> None:
    with pytest.raises(MethodError, match=r"ratio is 0\.95, yet at rank 4 in every layer 50\.0% of "
                                          r"the weights are left\. Ask for less than 0\.500"):
        water_fill([curve(0, 16, 16)], 0.95, 4)
