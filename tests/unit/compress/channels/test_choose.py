from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from edgec.compress.channels.choose import Limits, choose
from edgec.compress.channels.groups import Group
from edgec.compress.criterion import Slice, Unit


def group(name: str, units: int, width: int = 1) -> Group:
    made = tuple(Unit(name, (Slice(name, 0, tuple(range(i * width, (i + 1) * width))),))
                 for i in range(units))
    return Group(name, (name,), width, made)


def left_over(groups: Sequence[Group], gone: Sequence[Unit]) -> list[int]:
    return [len(set(g.units) - set(gone)) for g in groups]


def removes(count: int):
    return lambda gone: len(gone) >= count


def test_the_lowest_scores_of_all_groups_go() -> None:
    groups = [group("a", 4), group("b", 4)]
    gone = choose(groups, [np.array([1.0, 9, 8, 7]), np.array([2.0, 3, 9, 9])],
                  Limits.of(groups, 1, 1.0), removes(3))
    assert gone == (groups[0].units[0], groups[1].units[0], groups[1].units[1])


@pytest.mark.parametrize(("round_to", "left"), [(1, 11), (4, 12), (8, 8), (16, 16)])
def test_what_is_left_is_a_multiple_that_reaches_the_goal(round_to: int, left: int) -> None:
    groups = [group("a", 16)]
    gone = choose(groups, [np.arange(16.0)], Limits.of(groups, round_to, 1.0),
                  removes(4 if round_to == 4 else 5))
    assert left_over(groups, gone) == [left]


def test_a_unit_that_is_several_channels_is_rounded_in_channels() -> None:
    groups = [group("heads", 12, width=4)]
    gone = choose(groups, [np.arange(12.0)], Limits.of(groups, 16, 1.0), removes(2))
    assert left_over(groups, gone) == [8]


def test_no_group_loses_more_than_its_share() -> None:
    groups = [group("a", 10), group("b", 10)]
    gone = choose(groups, [np.zeros(10), np.ones(10)], Limits.of(groups, 1, 0.3), removes(6))
    assert left_over(groups, gone) == [7, 7]


def test_every_group_keeps_a_unit_whatever_is_asked() -> None:
    groups = [group("a", 4), group("b", 3)]
    gone = choose(groups, [np.zeros(4), np.zeros(3)], Limits.of(groups, 1, 1.0), removes(99))
    assert left_over(groups, gone) == [1, 1]


def test_the_share_is_of_what_there_was_at_first() -> None:
    limits = Limits.of([group("a", 10)], 1, 0.5)
    assert limits.kept(group("a", 6), 1) == 5
