"""Learns which components of all layers to keep, and how strong, by what the model puts out.

Each component of the whitened layers has a score s = 2 sigmoid(theta), 1 at first, and a soft gate
g = sigmoid((s - 1/2) / tau); the weights are left diag(sigma s) right, everything else is frozen.
The loss is the divergence from the original's outputs, plus a penalty on the share of weights
that the gates leave. Under a layer's own squared error all scores would stay 1 (see decompose.py);
end to end, ratios move between layers and kept components are amplified.

    explore   large penalty, until the share is reached
    refine    cosine restarts, a penalty now strong, now weak, so that components change places
    decide    the gates are driven to 0 or 1
    tune      the best components, as many as the ratio allows; their scores and biases are trained

After Li et al. 2025, arXiv 2502.15092 (SoCo): a reconstruction from its abstract and reviews; gate,
penalties, rates and ends of phases are ours. A fifth of the data is held out, and the result of the
phase that does best on it is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from edgec.compress.factor.allocate import Curve, uniform, water_fill
from edgec.compress.factor.choose import Choice, keep
from edgec.compress.factor.overrides import Judged, Overrides, stacked
from edgec.compress.factor.tuning import Factors, Feed, Tuner, cosine, descend, scores_of, set_rate
from edgec.compress.method import Array, Batch, Given
from edgec.errors import DataError

HELD_OUT = 0.2
_SHARES = {"explore": 0.3, "refine": 0.2, "decide": 0.2}  # of all steps, at most; the rest tunes
_CYCLES = 3
_PENALTY = 50.0
_RATE = 5e-2


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
    order = np.random.default_rng(given.seed).permutation(len(runs))
    count = max(1, round(HELD_OUT * len(runs)))
    overrides = Overrides(TorchGraph(model, ()), plan.loss)
    held = overrides.judged(stacked([runs[i] for i in order[:count]], plan.runs_per_step))
    rest = [runs[i] for i in order[count:]]
    return _Search(overrides, whole, plan, given).run(Feed(rest, plan.runs_per_step, given.seed),
                                                      held)


class _Search:
    """The phases. Distances are in units of what equal ranks would cost."""

    def __init__(self, overrides: Overrides, whole: Sequence[Choice], plan: Plan,
                 given: Given) -> None:
        self.overrides, self.plan, self.given = overrides, plan, given
        self.whole = [replace(c, kept=np.arange(len(c.components.sigma))) for c in whole]
        self.factors = Factors(self.whole)
        self.thetas = [nn.Parameter(torch.zeros(len(c.components.sigma))) for c in whole]
        self.total = sum(c.layer.parameters for c in whole)
        self.unit, self.taken = 1.0, 0
        self.log: dict[str, Any] = {}

    def run(self, feed: Feed, held: Sequence[Judged]) -> Learned:
        """All phases; the best cut by the distance on what is held out."""
        even = keep(self.whole, uniform([c.curve() for c in self.whole], self.plan.ratio,
                                        self.plan.round_to))
        self.unit = self._judge(even, held) or 1.0
        self.feed, best = feed, (self._judge(self.cut(), held), self.cut())
        self.log["start"] = {"steps": 0, "distance": best[0] / self.unit}
        for phase in (self._explore, self._refine, self._decide):
            name = phase.__name__[1:]
            before = self.taken
            phase(held)
            cut = self.cut()
            found = self._judge(cut, held)
            best = min(best, (found, cut), key=lambda pair: pair[0])
            self.log[name] = {"steps": self.taken - before, "distance": found / self.unit}
            self.given.progress(f"spectrum, {name}: {self.taken} steps, distance "
                                f"{found / self.unit:.3f} of that of equal ranks")
        steps = max(1, self.plan.steps - self.taken)
        tuner = Tuner(self.overrides, best[1], self.unit)
        distances = tuner.run(feed, steps, held)
        self.log["tune"] = {"steps": steps, "distance": distances}
        report = {"phases": self.log, "distance_of_equal_ranks": self.unit,
                  "held_out_batches": len(held)}
        return Learned(tuner.tuned(), tuner.new_biases(), report)

    def scores(self) -> list[Tensor]:
        """s of every layer."""
        return [2 * torch.sigmoid(theta) for theta in self.thetas]

    def cut(self) -> list[Choice]:
        """Of all layers the components with the highest s^4 sigma^2 / cost that the ratio allows.

        sigma^2 is relative to the layer's and times its weight. A few hundred steps spread scores
        less than sigmas, so they count twice. While all are 1 this is the water filling of losses.
        """
        values = [s.detach().numpy().astype(np.float64) for s in self.scores()]
        gains = [s ** 4 * c.curve(w).gains
                 for c, s, w in zip(self.whole, values, self.plan.weights, strict=True)]
        orders = [np.argsort(-g, kind="stable") for g in gains]
        curves = [Curve(g[order], c.layer.cost, c.layer.parameters)
                  for c, g, order in zip(self.whole, gains, orders, strict=True)]
        ranks = water_fill(curves, self.plan.ratio, self.plan.round_to)
        return [replace(c, kept=None) if rank is None else
                replace(c, kept=np.sort(order[:rank]), scores=s[np.sort(order[:rank])])
                for c, s, order, rank in zip(self.whole, values, orders, ranks, strict=True)]

    def _explore(self, held: Sequence[Judged]) -> None:
        optimizer = torch.optim.Adam(self.thetas, _RATE)
        for _ in range(self._steps("explore")):
            self._step(optimizer, 10 * _PENALTY, 0.2)
            if abs(self._share(0.2) - (1 - self.plan.ratio)) < 0.01:
                return

    def _refine(self, held: Sequence[Judged]) -> None:
        length = max(1, self._steps("refine") // _CYCLES)
        best = float("inf")
        for cycle in range(_CYCLES):
            optimizer = torch.optim.Adam(self.thetas, _RATE)
            for step in range(length):
                set_rate(optimizer, (_RATE,), cosine(step / length))
                self._step(optimizer, _PENALTY * (0.3 if cycle % 2 else 1.0), 0.1)
            found = self._judge(self.cut(), held)
            if found >= best:
                return
            best = found

    def _decide(self, held: Sequence[Judged]) -> None:
        optimizer, count = torch.optim.Adam(self.thetas, _RATE), self._steps("decide")
        for step in range(count):
            done = (step + 1) / count
            tau = 0.1 * (0.02 / 0.1) ** done
            set_rate(optimizer, (_RATE,), 1 - 0.9 * done)
            self._step(optimizer, 10 * _PENALTY, tau, sharpness=done)
            if self._doubt(tau) < 0.02:
                return

    def batch(self) -> Judged:
        """The next one to learn from."""
        return self.overrides.judged([self.feed.next()])[0]

    def _step(self, optimizer: torch.optim.Optimizer, penalty: float, tau: float,
              sharpness: float = 0.0) -> None:
        scores = self.scores()
        gates = [torch.sigmoid((s - 0.5) / tau) for s in scores]
        used = torch.stack([c.layer.cost * g.sum() for c, g in zip(self.whole, gates, strict=True)])
        over = torch.relu(used.sum() / self.total - (1 - self.plan.ratio))
        loss = penalty * over ** 2 + self.overrides.distance(
            self.batch(), self.factors.constants(scores)) / self.unit
        if sharpness:
            every = torch.cat(gates)
            loss = loss + sharpness * (4 * every * (1 - every)).mean()
        descend(optimizer, loss)
        self.taken += 1

    def _steps(self, phase: str) -> int:
        return max(1, round(_SHARES[phase] * self.plan.steps))

    def _share(self, tau: float) -> float:
        """The share of weights that soft gates leave."""
        with torch.no_grad():
            return sum(c.layer.cost * float(torch.sigmoid((s - 0.5) / tau).sum())
                       for c, s in zip(self.whole, self.scores(), strict=True)) / self.total

    def _doubt(self, tau: float) -> float:
        """Mean g (1 - g)."""
        with torch.no_grad():
            gates = torch.sigmoid((torch.cat(self.scores()) - 0.5) / tau)
            return float((gates * (1 - gates)).mean())

    def _judge(self, choices: Sequence[Choice], held: Sequence[Judged]) -> float:
        factors = Factors(choices)
        return self.overrides.mean_distance(held, factors.constants(scores_of(choices)))
