"""What the learned spectrum judges by; methods/test_lowrank.py has the whole of it."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.factor.spectrum import held_out


@pytest.mark.parametrize("count", [5, 9, 24, 256])
def test_a_fifth_is_held_out_and_nothing_is_lost(count: int) -> None:
    taught, judged = held_out(count, seed=0)
    assert sorted([*taught, *judged]) == list(range(count))
    assert len(judged) == pytest.approx(count / 5, abs=count / 20 + 0.5)


def test_neighbours_are_held_out_together() -> None:
    _, judged = held_out(100, seed=3)
    starts = judged[np.flatnonzero(np.diff(judged, prepend=-2) > 1)]
    assert set(starts % 10) == {0}
    assert len(judged) == 20
