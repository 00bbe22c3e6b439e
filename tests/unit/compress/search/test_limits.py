"""Which limits a model breaks, and what the table [search] may say."""

from dataclasses import replace

import pytest

from edgec.compress.cost import Cost, Latency
from edgec.compress.recipe import Limits
from edgec.compress.search.limits import broken
from edgec.compress.search.options import read_options
from edgec.errors import UsageError

FLOAT = Cost(bit_ops=1024, macs=1, parameters=10, bytes=1000)


def cost(bit_ops: int = 16, size: int = 100, us: float = 5.0) -> Cost:
    return Cost(bit_ops, 1, 10, size, latency=Latency(us, 1, 0, 0))


def test_a_model_within_every_limit_breaks_none() -> None:
    limits = Limits(drop=0.01, bytes=100, latency_us=5, bit_ops_ratio=64)
    assert broken(limits, cost(), FLOAT, 0.01) == ()


@pytest.mark.parametrize(("limits", "words"), [
    (Limits(drop=0.01), "drop 0.03, at most 0.01"),
    (Limits(bytes=50), "bytes 100, at most 50"),
    (Limits(latency_us=4), "latency_us 5, at most 4"),
    (Limits(bit_ops_ratio=128), "bit_ops_ratio 64, at least 128"),
])
def test_a_broken_limit_says_what_was_found_and_what_is_allowed(limits: Limits, words: str) -> None:
    assert [str(b) for b in broken(limits, cost(), FLOAT, 0.03)] == [words]


def test_a_ratio_half_as_large_as_asked_is_as_far_off_as_a_size_twice_as_large() -> None:
    ratio, = broken(Limits(bit_ops_ratio=128), cost(), FLOAT, None)
    size, = broken(Limits(bytes=50), cost(), FLOAT, None)
    assert ratio.excess == size.excess == 1.0


@pytest.mark.parametrize(("table", "limits", "message"), [
    ({"trails": 3}, Limits(), "no key 'trails'"),
    ({"trials": 0}, Limits(), "trials is 0; it must be 1 or more"),
    ({"trials": 2.5}, Limits(), "must be of type int"),
    ({"goal": "speed"}, Limits(), "goal is 'speed'; it must be one of score"),
    ({}, Limits(latency_us=5), "the recipe names no target"),
    ({}, Limits(energy_uj=5), "energy_uj cannot be searched for"),
    ({"recover": -1}, Limits(), "recover is -1"),
])
def test_options_that_do_not_fit_are_refused(table, limits: Limits, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_options(table, limits, target=False)


def test_a_limit_of_the_worst_case_is_of_a_run_through_all_exits() -> None:
    exits = replace(cost(us=5), latency=Latency(5, 1, 0, 0, worst_us=9))
    limits = Limits(latency_us=6, worst_latency_us=8)
    assert [str(b) for b in broken(limits, exits, FLOAT, None)] == [
        "worst_latency_us 9, at most 8"]
    assert broken(limits, cost(us=5), FLOAT, None) == ()


def test_without_limits_of_cost_the_goal_is_the_cost() -> None:
    assert read_options({}, Limits(drop=0.01), target=False).goal == "bytes"
    assert read_options({}, Limits(drop=0.01), target=True).goal == "latency_us"
    assert read_options({}, Limits(bytes=10), target=True).goal == "score"
