"""Zeroes weights column by column and lets the columns behind make up for what is lost.

Frantar and Alistarh 2023, arXiv 2301.00774, algorithm 1: with U upper triangular, UᵀU = H⁻¹, the
error of column i divided by U_ii goes to the columns behind it along U's row i. Which cells go is
decided some columns ahead, on weights that have been changed already, by Σ w² / U_ii².
"""

from __future__ import annotations

import numpy as np

from edgec.compress.method import Array
from edgec.compress.sparsity.pattern import Pattern, cell_scores, choose, spread
from edgec.compress.sparsity.problem import Problem

_AHEAD = 128  # columns that are decided on at once


def prune(problem: Problem, pattern: Pattern, taps: tuple[int, ...], share: float, alive: Array,
          within: str = "layer") -> Array:
    """New weights [outputs, depth] with `share` of the cells zero among those decided at once.

    alive: bool [outputs, depth]; the others stay zero and count as the first to go.
    """
    factor = inverse_factor(problem.hessian)
    weight, result = problem.target.copy(), np.empty_like(problem.target)
    at = 0
    for chunk in chunks(pattern, taps):
        end = at + sum(chunk)
        scores = weight[:, at:end] ** 2 / np.diag(factor)[at:end] ** 2
        scores = np.where(alive[:, at:end], scores, -1.0)
        kept = choose(cell_scores(scores, pattern, chunk), pattern, share, within, chunk)
        mask = spread(kept, pattern, chunk, len(weight)) & alive[:, at:end]
        result[:, at:end] = _feed(weight, factor, mask, at)
        at = end
    return result


def feed(problem: Problem, mask: Array) -> Array:
    """New weights that are zero where `mask` [outputs, depth] is False."""
    factor = inverse_factor(problem.hessian)
    weight, result = problem.target.copy(), np.empty_like(problem.target)
    for at in range(0, weight.shape[1], _AHEAD):
        end = min(at + _AHEAD, weight.shape[1])
        result[:, at:end] = _feed(weight, factor, mask[:, at:end], at)
    return result


def inverse_factor(hessian: Array) -> Array:
    """The upper triangular U with UᵀU = H⁻¹: the inverse of the R with RRᵀ = H, so that H⁻¹, which
    rounding may make indefinite, is never needed."""
    root = np.linalg.cholesky(hessian[::-1, ::-1])[::-1, ::-1]
    return np.asarray(np.triu(np.linalg.inv(root)))


def chunks(pattern: Pattern, taps: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The depths of the taps, cut into what is decided on at once: each a tuple of depths."""
    step = pattern.of or _AHEAD
    pieces = [min(step, depth - at) for depth in taps for at in range(0, depth, step)]
    if pattern.of:
        return [(piece,) for piece in pieces]
    made: list[tuple[int, ...]] = []
    for piece in pieces:
        if made and sum(made[-1]) + piece <= _AHEAD:
            made[-1] = (*made[-1], piece)
        else:
            made.append((piece,))
    return made


def _feed(weight: Array, factor: Array, mask: Array, at: int) -> Array:
    """The columns from `at` on as they become; changes `weight` at and behind them."""
    end = at + mask.shape[1]
    errors = np.zeros(mask.shape)
    for index in range(at, end):
        column = weight[:, index] * mask[:, index - at]
        error = (weight[:, index] - column) / factor[index, index]
        weight[:, index:end] -= np.outer(error, factor[index, index:end])
        weight[:, index], errors[:, index - at] = column, error
    weight[:, end:] -= errors @ factor[at:end, end:]  # all at once: faster
    return weight[:, at:end]
