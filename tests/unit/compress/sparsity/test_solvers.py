"""What is left of a layer makes up for what is gone: identities, and the ranking of solvers."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.method import Given, run
from edgec.compress.methods.sparsify import Sparsify
from edgec.compress.quantization.units import weight_array
from edgec.compress.sparsity import reconstruct, sparsegpt
from edgec.compress.sparsity.layers import find_layers
from edgec.compress.sparsity.pattern import Pattern, cell_scores, choose, spread, starts
from edgec.compress.sparsity.problem import Inputs
from tests.unit.compress.float_models import Array, from_text, images, normal
from tests.unit.compress.sparsity.layer_data import (
    DEPTH,
    OUTPUTS,
    ROWS,
    inputs,
    layer,
    model,
    problem,
)

SEEDS = range(5)
HALF, TWO_OF_FOUR, BLOCKS = Pattern(), Pattern(1, 1, 2, 4), Pattern(8, 4)
TAPS = (DEPTH,)
ALL = np.ones((OUTPUTS, DEPTH), bool)


def masked(weight: Array, scores: Array, pattern: Pattern, share: float = 0.5) -> Array:
    kept = choose(cell_scores(scores, pattern, TAPS), pattern, share, "layer", TAPS)
    return spread(kept, pattern, TAPS, len(weight))


def error(weight: Array, seed: int) -> float:
    """Of the layer's outputs on its inputs, relative."""
    exact, x = layer(seed)[1], inputs(seed)
    return float(np.square((weight - exact) @ x.T).sum() / np.square(exact @ x.T).sum())


def errors(seed: int, pattern: Pattern, share: float = 0.5) -> dict[str, float]:
    given, _, weight = problem(seed)
    norms = np.linalg.norm(inputs(seed), axis=0)
    small = masked(weight, np.abs(weight), pattern, share)
    quiet = masked(weight, np.abs(weight) * norms, pattern, share)
    return {
        "magnitude": error(weight * small, seed), "wanda": error(weight * quiet, seed),
        "sparsegpt": error(sparsegpt.prune(given, pattern, TAPS, share, ALL), seed),
        "refit": error(reconstruct.refit(given, quiet), seed),
        "rounds": error(reconstruct.prune(given, pattern, TAPS, share, ALL), seed)}


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_the_weights_magnitude_wanda_sparsegpt_least_squares(seed: int) -> None:
    found = errors(seed, HALF)
    assert found["magnitude"] > found["wanda"] > found["sparsegpt"] > found["refit"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pattern", [TWO_OF_FOUR, BLOCKS], ids=["2:4", "4x8"])
def test_in_patterns_magnitude_wanda_sparsegpt(pattern: Pattern, seed: int) -> None:
    found = errors(seed, pattern)
    assert found["magnitude"] > found["wanda"] > found["sparsegpt"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.5, 0.75])
def test_blocks_chosen_in_rounds_beat_sparsegpt(share: float, seed: int) -> None:
    found = errors(seed, BLOCKS, share)
    assert found["rounds"] < found["sparsegpt"]


def test_blocks_chosen_in_rounds_beat_a_mask_that_is_refit_once() -> None:
    found = [errors(seed, BLOCKS, 0.75) for seed in SEEDS]
    assert sum(f["rounds"] for f in found) < sum(f["refit"] for f in found)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("way", ["magnitude", "wanda", "sparsegpt"])
def test_two_of_four_costs_more_than_any_half(way: str, seed: int) -> None:
    assert errors(seed, TWO_OF_FOUR)[way] > errors(seed, HALF)[way]


def test_refit_is_the_least_squares_solution() -> None:
    given, _, weight = problem(0)
    mask = np.random.default_rng(0).random(weight.shape) < 0.4
    found = reconstruct.refit(given, mask)
    factor = np.linalg.cholesky(given.hessian).T  # ‖factor (v − t)‖² is the error
    for row, kept in enumerate(mask):
        best = np.linalg.lstsq(factor[:, kept], factor @ given.target[row], rcond=None)[0]
        np.testing.assert_allclose(found[row, kept], best, rtol=1e-6, atol=1e-9)
    assert not found[~mask].any()


def test_the_loss_of_a_block_is_what_its_removal_costs() -> None:
    given, _, weight = problem(1)
    mask = masked(weight, np.abs(weight), BLOCKS)
    before = reconstruct.refit(given, mask)
    losses = reconstruct.block_losses(given, before, mask, BLOCKS, TAPS)
    for row, cell in np.argwhere(losses >= 0)[::7]:
        rest = mask.copy()
        rest[8 * row:8 * row + 8, 4 * cell:4 * cell + 4] = False
        cost = given.error(reconstruct.refit(given, rest)) - given.error(before)
        assert losses[row, cell] == pytest.approx(cost, rel=1e-6)


def test_what_is_gone_has_a_loss_below_zero_and_nothing_else() -> None:
    given, _, weight = problem(1)
    mask = masked(weight, np.abs(weight), BLOCKS)
    losses = reconstruct.block_losses(given, weight * mask, mask, BLOCKS, TAPS)
    np.testing.assert_array_equal(losses < 0, cell_scores(mask * 1.0, BLOCKS, TAPS) == 0)


def test_feeding_errors_forward_is_exact_for_the_last_weight_of_a_row() -> None:
    """With only the last two columns left to choose from, passing on is solving."""
    given, _, _ = problem(2)
    mask = ALL.copy()
    mask[:, -2] = False
    fed = sparsegpt.feed(given, mask)
    fixed = given.target.copy()
    fixed[:, -2] = 0
    h = given.hessian
    fixed[:, -1] += given.target[:, -2] * h[-2, -1] / h[-1, -1]
    np.testing.assert_allclose(fed, fixed, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_few_changed_inputs_are_not_learned_by_heart(seed: int) -> None:
    """As many rows as depths, x̂ = x + noise: what serves other rows is close to W, not a fit."""
    found, weight = layer(seed)
    rng = np.random.default_rng(seed)
    x = inputs(seed)
    now = (x + rng.normal(size=x.shape) * x.std(0)).astype(np.float32)
    seen = Inputs(found.unit, DEPTH)
    for row in range(DEPTH):
        seen.add(x[row:row + 1], now[row:row + 1])
    target = seen.problem(found, weight).target
    x, now = x[DEPTH:], now[DEPTH:]
    others = [np.square(x @ weight.T - now @ v.T).sum() for v in (target, weight)]
    assert others[0] < 1.02 * others[1]


def test_many_changed_inputs_are_made_up_for() -> None:
    """x̂ = 2 x: half of the weights puts out the same."""
    found, weight = layer(0)
    x, seen = inputs(0), Inputs(found.unit, DEPTH)
    for row in range(0, ROWS, 16):
        seen.add(x[row:row + 16], 2 * x[row:row + 16])
    target = seen.problem(found, weight).target
    assert error(2 * target, 0) < 0.02  # 1 for W itself


def test_nothing_to_zero_changes_nothing() -> None:
    given, _, weight = problem(3)
    np.testing.assert_allclose(sparsegpt.feed(given, ALL), weight, atol=1e-8)
    np.testing.assert_allclose(reconstruct.refit(given, ALL), weight, atol=1e-8)


@pytest.mark.parametrize("pattern", [HALF, TWO_OF_FOUR, BLOCKS], ids=["half", "2:4", "4x8"])
@pytest.mark.parametrize("prune", [sparsegpt.prune, reconstruct.prune],
                         ids=["sparsegpt", "lstsq"])
def test_what_was_zero_stays_zero(prune: object, pattern: Pattern) -> None:
    given, _, weight = problem(4)
    alive = masked(weight, np.abs(weight), pattern, 0.3)
    assert callable(prune)
    assert not prune(given, pattern, TAPS, 0.5, alive)[~alive].any()


@pytest.mark.parametrize("taps", [(64,), (12, 12, 12), (300, 300), (7,), (5, 5, 5, 5)])
@pytest.mark.parametrize("pattern", [HALF, TWO_OF_FOUR, BLOCKS], ids=["half", "2:4", "4x8"])
def test_chunks_cut_all_depths_and_no_cell(taps: tuple[int, ...], pattern: Pattern) -> None:
    cut = sparsegpt.chunks(pattern, taps)
    ends = np.cumsum([sum(chunk) for chunk in cut])
    assert ends[-1] == sum(taps)
    assert set(ends[:-1]) <= set(starts(pattern, taps))


def normalized(factor: Array) -> ir.Model:
    """A matrix of alike rows, of which batch normalization makes some small."""
    rng = np.random.default_rng(0)
    weights = {"w": normal(rng, 32, 16, 1, 1), "g": factor.astype(np.float32),
               "b": np.zeros(32, np.float32), "m": np.zeros(32, np.float32),
               "v": np.ones(32, np.float32)}
    return from_text("""net (float[1,16,4,4] x) => (float[1,32,4,4] y) {
        [point] c = Conv (x, w)
        y = BatchNormalization <epsilon = 0.0> (c, g, b, m, v) }""", weights)


def test_outputs_that_batch_normalization_makes_small_lose_their_blocks_first() -> None:
    factor = np.where(np.arange(32) < 16, 0.01, 1.0)
    method = Sparsify(epochs=0, pattern="4x8", sparsity=0.5, include=("point",))
    seen = Given(data=tuple(images(8, shape=(1, 16, 4, 4))))
    made = run(method, normalized(factor), seen).model
    weight = made.graph.initializers["w"].const_value
    assert weight is not None
    assert [half.any() for half in np.split(weight.numpy(), 2)] == [False, True]


@pytest.mark.parametrize("solver", [sparsegpt, reconstruct])
@pytest.mark.parametrize("change", [0.0, 1e-4])
def test_inputs_that_hardly_change_are_solved(solver: ModuleType, change: float) -> None:
    found, = find_layers(model(0, bias=True))[0]
    exact = found.matrix(weight_array(found.unit)).astype(np.float64)
    seen, rng = Inputs(found.unit, DEPTH), np.random.default_rng(0)
    for _ in range(8):
        rows = (6 + change * rng.normal(size=(ROWS, DEPTH))).astype(np.float32)
        seen.add(rows, rows)
    solved = solver.prune(seen.problem(found, exact), BLOCKS, TAPS, 0.5, ALL)
    assert np.abs(solved).max() < 10 * np.abs(exact).max()
