"""The identities of the decompositions, and their order on correlated inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.compress.factor.decompose import Components, asvd, svd, whitened, whitener

Array = npt.NDArray[Any]
SEEDS = range(5)


def layer(seed: int, m: int = 96, n: int = 128, samples: int = 1024) -> tuple[Array, Array, Array]:
    """W [m, n], inputs X [samples, n] that are correlated and have outlier channels, C."""
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(m, n)) / np.sqrt(n)
    mixing = rng.normal(size=(n, n)) * np.exp(-np.arange(n) / (n / 6))
    x = rng.normal(size=(samples, n)) @ mixing.T + 0.05 * rng.normal(size=(samples, n))
    x[:, rng.choice(n, n // 32, replace=False)] *= 10
    return weight, x, x.T @ x / samples


def output_error(weight: Array, other: Array, x: Array) -> float:
    return float(np.linalg.norm(x @ (weight - other).T) / np.linalg.norm(x @ weight.T))


def first(components: Components, rank: int) -> Array:
    return components.matrix(np.arange(rank))


def rank_for(m: int, n: int, removed: float) -> int:
    return int((1 - removed) * m * n / (m + n))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_decomposition_that_knows_more_of_the_inputs_is_better(seed: int) -> None:
    weight, x, moments = layer(seed)
    magnitude = np.abs(x).mean(axis=0)
    plain, white = svd(weight, moments), whitened(weight, moments)
    half, whole = (asvd(weight, moments, magnitude, alpha) for alpha in (0.5, 1.0))
    for removed in (0.2, 0.4, 0.6):
        rank = rank_for(*weight.shape, removed)
        best = np.argsort(-plain.losses)[:rank]
        errors = [output_error(weight, other, x) for other in (
            first(plain, rank), plain.matrix(best), first(half, rank), first(whole, rank),
            first(white, rank))]
        assert errors == sorted(errors, reverse=True)
        assert errors[-1] < 0.8 * errors[-2]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 24), st.integers(2, 24))
def test_whitened_loss_is_the_sum_of_the_dropped_squares(seed: int, m: int, n: int) -> None:
    weight, x, moments = layer(seed, m, n, 400)
    found = whitened(weight, moments)
    for rank in range(min(m, n)):
        measured = np.mean(np.sum((x @ (weight - first(found, rank)).T) ** 2, axis=1))
        assert measured == pytest.approx(np.sum(found.sigma[rank:] ** 2), rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 16), st.integers(2, 16))
def test_losses_of_any_dropped_set_add_up(seed: int, m: int, n: int) -> None:
    weight, x, moments = layer(seed, m, n, 300)
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero(rng.random(min(m, n)) < 0.5)
    magnitude = np.abs(x).mean(axis=0)
    for found in (svd(weight, moments), asvd(weight, moments, magnitude, 0.5),
                  whitened(weight, moments)):
        scores = rng.uniform(0.5, 1.5, len(kept))
        measured = output_error(weight, found.matrix(kept, scores), x)
        assert found.error(kept, scores) == pytest.approx(measured, rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_inputs_that_are_alike_make_all_decompositions_one(seed: int) -> None:
    weight, n = layer(seed, 24, 32)[0], 32
    moments, rank = np.eye(n), 10
    expected = first(svd(weight, moments), rank)
    for found in (asvd(weight, moments, np.ones(n), 0.5), whitened(weight, moments)):
        np.testing.assert_allclose(first(found, rank), expected, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rescaling_of_kept_components_helps_the_layer(seed: int) -> None:
    weight, x, moments = layer(seed, 24, 32, 500)
    for found in (svd(weight, moments), whitened(weight, moments)):
        kept = np.arange(8)
        parts = np.stack([(x @ found.matrix(np.array([i])).T).ravel() for i in kept], axis=1)
        best, *_ = np.linalg.lstsq(parts, (x @ weight.T).ravel(), rcond=None)
        np.testing.assert_allclose(best, 1.0, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_singular_moments_are_whitened_without_explosion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(10, 32)) * np.exp(rng.normal(size=32))  # fewer samples than channels
    x[:, :4] = 0  # and dead ones
    moments, weight = x.T @ x / len(x), rng.normal(size=(16, 32))
    found = whitened(weight, moments)
    np.testing.assert_allclose(first(found, 16), weight, atol=1e-6)
    assert output_error(weight, first(found, 10), x) < 0.01
    assert np.abs(found.right * found.sigma[:, None]).max() < 1e4


def test_whitener_is_a_root_with_its_inverse_for_channels_of_very_different_size() -> None:
    _, x, _ = layer(0, 8, 16, 500)
    x = x / x.std(axis=0) * np.logspace(-2, 0.5, 16)
    moments = x.T @ x / len(x)
    root, unroot = whitener(moments)
    size = np.sqrt(np.diag(moments))
    np.testing.assert_allclose((root @ root.T) / np.outer(size, size),
                               moments / np.outer(size, size), atol=1e-9)
    np.testing.assert_allclose(root @ unroot / size[:, None] * size, np.eye(16), atol=1e-6)


def test_the_share_of_the_factors_is_even() -> None:
    weight, _, moments = layer(0, 24, 32, 500)
    left, right = whitened(weight, moments).factors(np.arange(5))
    np.testing.assert_allclose(np.linalg.norm(left, axis=0) ** 2,
                               whitened(weight, moments).sigma[:5], rtol=1e-9)
    assert left.shape == (24, 5)
    assert right.shape == (5, 32)
