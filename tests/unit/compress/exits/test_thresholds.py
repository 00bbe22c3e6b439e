"""Choosing thresholds: what must hold for every table of outcomes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.compress.exits.outcomes import Outcomes
from edgec.compress.exits.thresholds import choose, curve
from edgec.model.confidence import NEVER, ONE


def made(seed, exits=3, samples=200):
    """Later exits are right more often; being sure and being right go together."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.2, 1, (exits, samples))
    right = rng.uniform(size=(exits, samples)) < sure + 0.1 * np.arange(exits)[:, None]
    end = rng.uniform(size=(1, samples)) < 0.9
    return Outcomes((ONE / sure).astype(np.uint64), np.vstack([right, end]).astype(np.float64),
                    np.arange(1, exits + 2) * 100)


SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_never_is_the_whole_network_and_0_the_first_exit(seed):
    found = made(seed)
    points = curve(found)
    assert (points[0].score, points[0].macs) == (found.scores[0].mean(), 100)
    assert (points[-1].score, points[-1].macs) == (found.scores[-1].mean(), 400)


@given(SEEDS)
def test_cost_never_falls_as_the_threshold_rises(seed):
    costs = [point.macs for point in curve(made(seed))]
    assert costs == sorted(costs)


@given(SEEDS, st.floats(0, 0.2), st.booleans())
def test_score_keeps_what_is_allowed_and_cost_does_not_rise(seed, max_drop, per_exit):
    found = made(seed)
    taken = found.taken(choose(found, max_drop, per_exit))
    assert found.score(taken) >= found.scores[-1].mean() - max_drop - 1e-9
    assert found.cost(taken) <= 400


@given(SEEDS, st.floats(0, 0.2))
def test_own_thresholds_cost_no_more_than_a_common_one(seed, max_drop):
    found = made(seed)
    costs = [found.cost(found.taken(choose(found, max_drop, own))) for own in (True, False)]
    assert costs[0] <= costs[1]


def test_exits_that_are_always_wrong_are_never_taken():
    found = made(0)
    found.scores[:-1] = 0
    assert choose(found, 0.0, True) == (NEVER, NEVER, NEVER)


@given(SEEDS)
def test_shares_add_up_to_1_and_give_the_cost(seed):
    found = made(seed)
    taken = found.taken([0.9, 0.8, 0.7])
    shares = found.shares(taken)
    assert sum(shares) == pytest.approx(1)
    assert found.cost(taken) == pytest.approx(np.dot(shares, found.macs))
