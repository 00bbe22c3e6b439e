import random
from statistics import median

import pytest
from benchmarks.paired import dropped, fewest_rounds, quantile, ratio


def test_ratio_is_the_median_over_rounds_of_the_medians() -> None:
    found = ratio([[20, 22, 900], [30, 30, 30]], [[10, 11, 12], [10, 10, 10]])
    assert found.median == median([2.0, 3.0])
    assert (found.low, found.high, found.rounds) == (2.0, 3.0, 2)


def test_ratio_of_one_with_itself_is_a_tie() -> None:
    rounds = [[random.Random(i).randrange(90, 110) for _ in range(9)] for i in range(12)]
    found = ratio(rounds, rounds)
    assert (found.low, found.median, found.high) == (1.0, 1.0, 1.0)
    assert found.tie
    assert found.text().endswith("tie")


def test_few_rounds_are_a_tie_however_far_apart() -> None:
    assert ratio([[100]] * 5, [[1]] * 5).tie
    assert not ratio([[100]] * 6, [[1]] * 6).tie


@pytest.mark.parametrize(("rounds", "outside"),
                         [(1, 0), (2, 0), (5, 0), (6, 0), (8, 0), (9, 1), (12, 2), (15, 3)])
def test_interval_leaves_out_what_95_percent_allow(rounds: int, outside: int) -> None:
    # From the table of the sign test: P(interval holds the median), e.g. 96.1 % for 9 and 1.
    assert dropped(rounds) == outside
    assert fewest_rounds() == 6


def test_interval_holds_the_median_as_often_as_it_says() -> None:
    source = random.Random(4)
    held = 0
    for _ in range(400):
        found = ratio([[source.lognormvariate(0.2, 0.5)] for _ in range(9)], [[1.0]] * 9)
        held += found.low <= 2.718281828**0.2 <= found.high
    assert 0.93 <= held / 400 <= 0.99


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.1, 1), (0.5, 5), (0.9, 9), (1.0, 10)])
def test_quantile_is_a_value_that_was_seen(share: float, expected: int) -> None:
    assert quantile([3, 1, 2, 10, 9, 8, 7, 6, 5, 4], share) == expected
