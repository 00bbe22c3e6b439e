"""Chooses thresholds on validation: the least mean cost at which the score falls by no more than
allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgec.compress.exits.outcomes import Outcomes
from edgec.model.confidence import NEVER, ONE

CANDIDATES = 40  # thresholds that are tried for one exit
ROUNDS = 4
SWEPT = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.999, NEVER)


@dataclass(frozen=True)
class Point:
    """One threshold for all exits: the mean score and the mean cost of a run, in MACs."""

    threshold: float
    score: float
    macs: float


def curve(found: Outcomes) -> tuple[Point, ...]:
    """Score and cost as one threshold for all exits rises; the last point is the whole network."""
    points = []
    for threshold in SWEPT:
        taken = found.taken([threshold] * len(found.sums))
        points.append(Point(threshold, found.score(taken), found.cost(taken)))
    return tuple(points)


def choose(found: Outcomes, max_drop: float, per_exit: bool) -> tuple[float, ...]:
    """A threshold for each exit, NEVER where an exit does not pay.

    The best common one first; then, with per_exit, each exit's own in turn while that lowers the
    cost. The score stays within max_drop of that of the whole network on the same samples.
    """
    k = len(found.sums)
    least = found.score(np.full(found.sums.shape[1], k)) - max_drop
    common = _candidates(found.sums.ravel())
    best = min((tuple([t] * k) for t in common), key=lambda t: _rank(found, t, least))
    for _ in range(ROUNDS if per_exit else 0):
        before = best
        for i in range(k):
            tried = [(*best[:i], t, *best[i + 1:]) for t in _candidates(found.sums[i])]
            best = min((best, *tried), key=lambda t: _rank(found, t, least))
        if best == before:
            break
    return best


def _candidates(sums: npt.NDArray[np.uint64]) -> list[float]:
    """Thresholds that split the samples evenly, each between two sums: rounding moves none."""
    quantiles = np.quantile(sums, np.linspace(0, 1, CANDIDATES), method="nearest")
    return [NEVER, *(ONE / (int(s) + 0.5) for s in np.unique(quantiles))]


def _rank(found: Outcomes, thresholds: Sequence[float], least: float) -> tuple[float, float]:
    """Less is better: cost where the score is high enough, else what it lacks."""
    taken = found.taken(thresholds)
    score = found.score(taken)
    if score < least - 1e-12:
        return (float("inf"), -score)
    return (found.cost(taken), -score)
