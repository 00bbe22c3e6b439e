"""What the runs of a duel say: who is better, by how much, at equal cost, or that it is a tie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgec.compress.method import Array
from edgec.compress.order.perform import Result
from edgec.compress.order.plan import Compare, Duel, Run
from edgec.compress.order.precedence import IMPOSSIBLE, MEASURED, Edge
from edgec.compress.order.statistics import Effect, paired_effect
from edgec.errors import MethodError

FIRST, SECOND, TIE, DEARER = "first", "second", "tie", "better but dearer"


@dataclass(frozen=True)
class Level:
    """One strength: its options, mean scores of both ways, the effect."""

    strengths: Mapping[str, Any]
    scores: tuple[float, float]
    effect: Effect


@dataclass(frozen=True)
class Verdict:
    """first, second: names in order. effect: over all strengths; test: the same on the test split.

    winner: first, second, tie, or better but dearer. costs: parameters and MACs of the first's
    models over the second's, geometric means. error: why one of the two cannot be done at all.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    winner: str
    effect: Effect | None = None
    test: Effect | None = None
    levels: tuple[Level, ...] = ()
    costs: tuple[float, float] = (1.0, 1.0)
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def edge(self) -> Edge | None:
        """Of a pair: what comes first; None where nothing says so."""
        if self.winner not in (FIRST, SECOND):
            return None
        a, b = self.first if self.winner == FIRST else self.second
        if self.effect is None:
            return Edge(a, b, IMPOSSIBLE, f"{b} before {a} cannot be done: {self.error}")
        effect, sign = self.effect, 1 if self.winner == FIRST else -1
        low, high = sorted((sign * effect.low, sign * effect.high))
        return Edge(a, b, MEASURED, f"{a} before {b} scores {sign * effect.mean:+.4f} "
                    f"({low:+.4f} to {high:+.4f})", effect.certainty)


def judge(duel: Duel, results: Mapping[str, Result], options: Compare) -> Verdict:
    """The verdict; MethodError when neither of the two can be done."""
    errors = [_error(way, results) for way in duel.runs]
    if all(errors):
        raise MethodError(f"neither {_chain(duel.first)} nor {_chain(duel.second)} can be done: "
                          f"{errors[0]}")
    if any(errors):
        return Verdict(duel.first, duel.second, SECOND if errors[0] else FIRST,
                       error=errors[0] or errors[1])
    first, second = (_scores(way, results, "scores") for way in duel.runs)
    effect = paired_effect(first, second, options.confidence)
    levels = tuple(
        Level(chosen, (float(first[i].mean()), float(second[i].mean())),
              paired_effect(first[i:i + 1], second[i:i + 1], options.confidence))
        for i, chosen in enumerate(duel.strengths))
    costs = _costs(duel, results)
    return Verdict(duel.first, duel.second, _winner(effect, costs, options), effect,
                   _on_test(duel, results, options), levels, costs)


def _winner(effect: Effect, costs: tuple[float, float], options: Compare) -> str:
    sign = effect.favours(options.min_effect)
    if not sign:
        return TIE
    dearer = max(cost ** sign for cost in costs) > 1 + options.cost_tolerance
    return DEARER if dearer else FIRST if sign > 0 else SECOND


def _costs(duel: Duel, results: Mapping[str, Result]) -> tuple[float, float]:
    def mean(way: tuple[tuple[Run, ...], ...], what: str) -> float:
        return float(np.mean([np.log(max(1, getattr(results[run.key], what)))
                              for level in way for run in level]))

    first, second = duel.runs
    ratios = [float(np.exp(mean(first, what) - mean(second, what)))
              for what in ("parameters", "macs")]
    return ratios[0], ratios[1]


def _on_test(duel: Duel, results: Mapping[str, Result], options: Compare) -> Effect | None:
    first, second = (_scores(way, results, "test") for way in duel.runs)
    return paired_effect(first, second, options.confidence) if first.shape[2] else None


def _scores(way: tuple[tuple[Run, ...], ...], results: Mapping[str, Result], split: str) -> Array:
    """float64 [strengths, seeds, samples]."""
    return np.array([[getattr(results[run.key], split) for run in level] for level in way],
                    np.float64)


def _error(way: tuple[tuple[Run, ...], ...], results: Mapping[str, Result]) -> str:
    return next((e for level in way for run in level if (e := results[run.key].error)), "")


def _chain(names: tuple[str, ...]) -> str:
    return " → ".join(names)
