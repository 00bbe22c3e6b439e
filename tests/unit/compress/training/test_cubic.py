from __future__ import annotations

import pytest

from edgec.compress.training.cubic import cubic


@pytest.mark.parametrize(("done", "share"), [(0, 0), (0.25, 0.578125), (0.5, 0.875), (1, 1)])
def test_values_of_the_papers_equation(done: float, share: float) -> None:
    assert cubic(0.8, done) == pytest.approx(0.8 * share)


def test_it_starts_from_the_initial_sparsity() -> None:
    assert cubic(0.8, 0.5, 0.4) == pytest.approx(0.8 - 0.4 * 0.125)


@pytest.mark.parametrize(("outside", "end"), [(-1, 0), (2, 1)])
def test_outside_of_its_time_it_stays_at_its_ends(outside: float, end: float) -> None:
    assert cubic(0.8, outside) == cubic(0.8, end)
