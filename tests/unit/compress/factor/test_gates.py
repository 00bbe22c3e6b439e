"""Soft gates: the share they leave, and what their derivatives say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.compress.factor.gates import Gates

COSTS, DENSE = (3, 5), (60, 100)


def gates(seed: int, components: int = 16) -> Gates:
    rng = np.random.default_rng(seed)
    return Gates([np.exp(rng.normal(size=components)) for _ in COSTS], COSTS, DENSE)


def share(values: list[torch.Tensor]) -> float:
    return sum(cost * float(v.detach().sum())
               for cost, v in zip(COSTS, values, strict=True)) / sum(DENSE)


@settings(max_examples=25)
@given(st.integers(0, 99), st.floats(0.1, 0.7), st.floats(0.02, 0.5))
def test_gates_leave_the_share_that_is_asked_for(seed: int, left: float, tau: float) -> None:
    assert share(gates(seed)(left, tau)) == pytest.approx(left, abs=2e-3)


def test_a_layer_that_would_grow_counts_as_whole() -> None:
    first, second = gates(0, components=40)(0.9, 0.1)
    used = sum(min(cost * float(g.detach().sum()), dense)
               for cost, g, dense in zip(COSTS, (first, second), DENSE, strict=True))
    assert used / sum(DENSE) == pytest.approx(0.9, abs=2e-3)


def test_weights_go_from_layers_that_gain_less_by_them_to_those_that_gain_more() -> None:
    soft = gates(1)
    first, second = soft(0.4, 0.2)
    (-(10 * first.sum() + second.sum())).backward()
    slopes = [float(s.grad) for s in soft.shifts if s.grad is not None]
    assert slopes[0] < 0 < slopes[1]
    assert sum(slopes) == pytest.approx(0, abs=1e-3)  # what one gets another gives


def test_shifts_change_what_components_gain() -> None:
    soft = gates(2)
    before = soft.gains()
    soft.shifts[0].data.fill_(0.5)
    after = soft.gains()
    np.testing.assert_allclose(after[0], before[0] * np.e, rtol=1e-5)
    np.testing.assert_array_equal(after[1], before[1])
