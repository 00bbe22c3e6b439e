"""Learns which components of all layers to keep, and how strong, by what the model puts out.

The weights of a whitened layer are left diag(sigma a g) right: the trainable diagonal is a strength
a, 1 at first, times a gate g = sigmoid((z + shift + c) / tau). z is half the logarithm of what the
component gains per weight (allocate.py), so that learning starts from the water filling; the shift
is learned, one for each layer; and c, the same for all layers, holds the share of weights that the
gates leave at what is wanted: its derivative takes from each shift what an average weight would
gain, so only layers grow whose weights are worth more than those of others. Under a layer's own
squared error nothing would move (see decompose.py); end to end, ratios move between layers and kept
components are amplified. A shift for each component was tried: it gained on what is held out and
lost elsewhere.

    explore   the share goes down to the one wanted
    refine    cosine restarts, with a share that is now a little larger, now as wanted
    decide    tau falls until gates are 0 or 1
    tune      the best components, as many as the ratio allows; their strengths and biases

After Li et al. 2025, arXiv 2502.15092 (SoCo): a reconstruction from its abstract and reviews; gate,
share, rates and ends of phases are ours. A fifth of the data is held out, and the result of the
phase that does best on it is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from edgec.compress.factor.allocate import Curve, uniform, water_fill
from edgec.compress.factor.choose import Choice, keep
from edgec.compress.factor.gates import Gates
from edgec.compress.factor.overrides import Judged, Overrides, stacked
from edgec.compress.factor.tuning import Factors, Feed, Tuner, cosine, descend, scores_of, set_rate
from edgec.compress.method import Array, Batch, Given
from edgec.errors import DataError

HELD_OUT, _BLOCKS = 0.2, 10
_SHARES = {"explore": 0.25, "refine": 0.25, "decide": 0.15}  # of all steps; the rest tunes
_CYCLES = 3
_LOOSER = 1.05
_RATES = 5e-2, 1e-2  # of shifts and of strengths
_TAU = 0.3, 0.15, 0.02  # explore, refine, the end


@dataclass(frozen=True)
class Plan:
    """ratio: share of weights to remove. runs_per_step: runs of the model in each of the steps.

    weights: how much each layer's relative loss counts (sensitivity.py, or all 1).
    """

    ratio: float
    round_to: int
    steps: int
    runs_per_step: int
    loss: str
    weights: Sequence[float]


@dataclass(frozen=True)
class Learned:
    """The layers with what they keep, the constants that changed, and how it went."""

    choices: Sequence[Choice]
    biases: Mapping[str, Array]
    report: dict[str, Any]


def learn(model: Any, whole: Sequence[Choice], runs: Sequence[Batch], plan: Plan,
          given: Given) -> Learned:
    """Choices for these whole layers. DataError for fewer than 5 runs, as some are held out."""
    from edgec.model.execute import TorchGraph

    if len(runs) < 5:
        raise DataError(f"the learned spectrum got {len(runs)} run(s) of data and holds out a "
                        "fifth. Give 5 or more, better some hundred.")
    taught, judged = held_out(len(runs), given.seed)
    overrides = Overrides(TorchGraph(model, ()), plan.loss)
    held = overrides.judged(stacked([runs[i] for i in judged], plan.runs_per_step))
    return _Search(overrides, whole, plan, given).run(
        Feed([runs[i] for i in taught], plan.runs_per_step, given.seed), held)


def held_out(count: int, seed: int) -> tuple[Array, Array]:
    """Indices to learn from, and a fifth to judge by, in whole blocks of neighbours.

    Neighbours are often alike (sentences of one article, windows of one recording): what was
    learned of one would flatter the other.
    """
    blocks = np.array_split(np.arange(count), min(_BLOCKS, count))
    chosen = np.random.default_rng(seed).permutation(len(blocks))
    judged = max(1, round(HELD_OUT * len(blocks)))
    return (np.sort(np.concatenate([blocks[i] for i in chosen[judged:]])),
            np.sort(np.concatenate([blocks[i] for i in chosen[:judged]])))


class _Search:
    """The phases. Distances are in units of what equal ranks would cost."""

    def __init__(self, overrides: Overrides, whole: Sequence[Choice], plan: Plan,
                 given: Given) -> None:
        self.overrides, self.plan, self.given = overrides, plan, given
        self.whole = [replace(c, kept=np.arange(len(c.components.sigma))) for c in whole]
        self.factors = Factors(self.whole)
        gains = [c.curve(w).gains for c, w in zip(self.whole, plan.weights, strict=True)]
        self.gates = Gates(gains, [c.layer.cost for c in whole],
                           [c.layer.parameters for c in whole])
        self.strengths = [nn.Parameter(torch.ones(len(g))) for g in gains]
        self.unit, self.taken = 1.0, 0
        self.log: dict[str, Any] = {}

    def run(self, feed: Feed, held: Sequence[Judged]) -> Learned:
        """All phases; the best cut by the distance on what is held out."""
        even = keep(self.whole, uniform([c.curve() for c in self.whole], self.plan.ratio,
                                        self.plan.round_to))
        self.unit = self._judge(even, held) or 1.0
        self.feed, best = feed, (self._judge(self.cut(), held), self.cut())
        self.log["start"] = {"steps": 0, "relative_distance": best[0] / self.unit}
        for phase in (self._explore, self._refine, self._decide):
            name = phase.__name__[1:]
            before = self.taken
            phase(held)
            cut = self.cut()
            found = self._judge(cut, held)
            best = min(best, (found, cut), key=lambda pair: pair[0])
            self.log[name] = {"steps": self.taken - before, "relative_distance": found / self.unit}
            self.given.progress(f"spectrum, {name}: {self.taken} steps, distance "
                                f"{found / self.unit:.3f} of that of equal ranks")
        steps = max(1, self.plan.steps - self.taken)
        tuner = Tuner(self.overrides, best[1], self.unit)
        distances = tuner.run(feed, steps, held)
        self.log["tune"] = {"steps": steps, "relative_distance": distances}
        report = {"phases": self.log, "distance_of_equal_ranks": self.unit,
                  "held_out_batches": len(held)}
        return Learned(tuner.tuned(), tuner.new_biases(), report)

    def cut(self) -> list[Choice]:
        """Of all layers the components that gain most per weight, as many as the ratio allows."""
        gains = self.gates.gains()
        orders = [np.argsort(-g, kind="stable") for g in gains]
        curves = [Curve(g[order], c.layer.cost, c.layer.parameters)
                  for c, g, order in zip(self.whole, gains, orders, strict=True)]
        ranks = water_fill(curves, self.plan.ratio, self.plan.round_to)
        values = [s.detach().numpy().astype(np.float64) for s in self.strengths]
        return [replace(c, kept=None) if rank is None else
                replace(c, kept=np.sort(order[:rank]), scores=s[np.sort(order[:rank])])
                for c, s, order, rank in zip(self.whole, values, orders, ranks, strict=True)]

    def _explore(self, held: Sequence[Judged]) -> None:
        optimizer, count = self._optimizer(), self._steps("explore")
        for step in range(count):
            left = 1 - self.plan.ratio * (1 + (step + 1) / count) / 2
            self._step(optimizer, left, _TAU[0])

    def _refine(self, held: Sequence[Judged]) -> None:
        length = max(1, self._steps("refine") // _CYCLES)
        best = float("inf")
        for cycle in range(_CYCLES):
            optimizer = self._optimizer()
            left = (1 - self.plan.ratio) * (_LOOSER if cycle % 2 else 1.0)
            for step in range(length):
                set_rate(optimizer, _RATES, cosine(step / length))
                self._step(optimizer, left, _TAU[1])
            found = self._judge(self.cut(), held)
            if found >= best:
                return
            best = found

    def _decide(self, held: Sequence[Judged]) -> None:
        optimizer, count = self._optimizer(), self._steps("decide")
        for step in range(count):
            done = (step + 1) / count
            set_rate(optimizer, _RATES, 1 - 0.9 * done)
            self._step(optimizer, 1 - self.plan.ratio, _TAU[1] * (_TAU[2] / _TAU[1]) ** done)

    def _optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam([{"params": self.gates.shifts, "lr": _RATES[0]},
                                 {"params": self.strengths, "lr": _RATES[1]}])

    def _step(self, optimizer: torch.optim.Optimizer, left: float, tau: float) -> None:
        """One step at the share `left` of the weights."""
        diagonal = [a * g for a, g in zip(self.strengths, self.gates(left, tau), strict=True)]
        batch = self.overrides.judged([self.feed.next()])[0]
        descend(optimizer, self.overrides.distance(batch, self.factors.constants(diagonal))
                / self.unit)
        self.taken += 1

    def _steps(self, phase: str) -> int:
        return max(1, round(_SHARES[phase] * self.plan.steps))

    def _judge(self, choices: Sequence[Choice], held: Sequence[Judged]) -> float:
        factors = Factors(choices)
        return self.overrides.mean_distance(held, factors.constants(scores_of(choices)))
