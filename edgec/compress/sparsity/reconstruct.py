"""Chooses what goes in a few rounds, and after each solves for the best weights that are left.

With the mask fixed the least error is a linear system for each row: V_S = (T H)_S (H_SS)⁻¹. What a
cell B of the rows that are left would cost is w_Bᵀ ([(H_SS)⁻¹]_BB)⁻¹ w_B when the others are solved
for again: optimal brain surgeon for groups, as Frantar et al. 2022, arXiv 2208.11580, equation 7,
which removes one cell at a time; here the cheapest share of a round go together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgec.compress.method import Array
from edgec.compress.sparsity.pattern import Pattern, choose, spread, starts
from edgec.compress.sparsity.problem import Problem
from edgec.compress.training.cubic import cubic

ROUNDS = 5


def refit(problem: Problem, mask: Array) -> Array:
    """The weights of least error that are zero where `mask` [outputs, depth] is False."""
    result, reached = np.zeros_like(problem.target), problem.target @ problem.hessian
    for rows, kept in _alike(mask):
        if kept.any():
            part = problem.hessian[np.ix_(kept, kept)]
            result[np.ix_(rows, kept)] = np.linalg.solve(part, reached[np.ix_(rows, kept)].T).T
    return result


def prune(problem: Problem, pattern: Pattern, taps: tuple[int, ...], share: float,
          alive: Array, within: str = "layer") -> Array:
    """The weights of least error found with `share` of the cells zero, those not `alive` first.

    alive: bool [outputs, depth]. Only blocks are chosen in rounds: their rows share a system.
    """
    weight, mask = problem.target * alive, alive
    rounds = ROUNDS if pattern.is_blocks else 1
    for number in range(1, rounds + 1):
        losses = block_losses if pattern.is_blocks else weight_losses
        kept = choose(losses(problem, weight, mask, pattern, taps), pattern,
                      cubic(share, number / rounds), within, taps)
        mask = mask & spread(kept, pattern, taps, len(weight))
        weight = refit(problem, mask)
    return weight


def weight_losses(problem: Problem, weight: Array, mask: Array, pattern: Pattern,
                  taps: tuple[int, ...]) -> Array:
    """w² / [H⁻¹]_jj of each weight [outputs, depth], below 0 where it is gone already."""
    losses = weight ** 2 / np.diag(np.linalg.inv(problem.hessian))
    return np.where(mask, losses, -1.0)


def block_losses(problem: Problem, weight: Array, mask: Array, pattern: Pattern,
                 taps: tuple[int, ...]) -> Array:
    """What each block [rows, cells] would cost, below 0 where it is gone already."""
    first = starts(pattern, taps)
    ends = np.append(first[1:], weight.shape[1])
    losses = np.full((-(-len(weight) // pattern.columns), len(first)), -1.0)
    inverses: dict[bytes, Array] = {}
    for row, at in enumerate(range(0, len(weight), pattern.columns)):
        rows = slice(at, at + pattern.columns)
        kept: Array = np.asarray(mask[rows].any(axis=0))
        if kept.tobytes() not in inverses:
            inverses = {kept.tobytes(): np.linalg.inv(problem.hessian[np.ix_(kept, kept)])}
        inverse = inverses[kept.tobytes()]
        place = np.cumsum(kept) - 1  # of a depth among those that are kept
        for cell in np.flatnonzero(np.logical_or.reduceat(kept, first)):
            inside = np.flatnonzero(kept[first[cell]:ends[cell]]) + first[cell]
            part = inverse[np.ix_(place[inside], place[inside])]
            w = weight[rows, inside]
            losses[row, cell] = float((np.linalg.solve(part, w.T).T * w).sum())
    return losses


def _alike(mask: Array) -> Iterator[tuple[Array, Array]]:
    """(rows, their mask) for each mask that rows have."""
    masks, which = np.unique(mask, axis=0, return_inverse=True)
    for index, kept in enumerate(masks):
        yield np.flatnonzero(which.reshape(-1) == index), kept
