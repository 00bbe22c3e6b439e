"""Scores and biases of components that stay, trained on what the whole model puts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from edgec.compress.factor.choose import Choice
from edgec.compress.factor.overrides import Judged, Overrides, as_tensor, stacked
from edgec.compress.method import Array, Batch
from edgec.compress.quantization.units import bias_value

_RATE, _BIAS_RATE = 1e-2, 1e-3
_CHECKS = 5  # on held-out data, while training


class Feed:
    """Batches without end, in a new order each time round."""

    def __init__(self, runs: Sequence[Batch], size: int, seed: int) -> None:
        self._runs, self._size = runs, min(size, len(runs))
        self._rng, self._waiting = np.random.default_rng(seed + 1), list[int]()

    def next(self) -> dict[str, Tensor]:
        """`size` runs."""
        if len(self._waiting) < self._size:
            self._waiting = list(self._rng.permutation(len(self._runs)))
        taken, self._waiting = self._waiting[:self._size], self._waiting[self._size:]
        return stacked([self._runs[i] for i in taken], self._size)[0]


class Factors:
    """The layers' weights as functions of their scores; sigma is shared evenly by both halves."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = tuple(choices)
        self.pairs = [None if c.kept is None else tuple(
            map(as_tensor, c.components.factors(c.kept))) for c in choices]

    def constants(self, scores: Sequence[Tensor]) -> dict[str, Tensor]:
        """The weights, by name; layers that stay as they are are not among them."""
        return {c.layer.weight: c.layer.unmatrix((pair[0] * s) @ pair[1])
                for c, pair, s in zip(self.choices, self.pairs, scores, strict=True)
                if pair is not None}


class Tuner:
    """Scores start where the choices have them; `unit` is what distances are divided by."""

    def __init__(self, overrides: Overrides, choices: Sequence[Choice], unit: float) -> None:
        self._overrides, self._choices, self._unit = overrides, choices, unit
        self._factors = Factors(choices)
        self._scores = [nn.Parameter(s) for s in scores_of(choices)]
        self._biases = {name: nn.Parameter(as_tensor(_bias(c))) for c in choices
                        if c.kept is not None and (name := c.layer.bias) is not None}

    def run(self, feed: Feed, steps: int, held: Sequence[Judged]) -> list[float]:
        """Trains; what did best on what is held out stays. The distances, at first and on the way.
        """
        biases = list(self._biases.values())
        optimizer = torch.optim.Adam([{"params": self._scores, "lr": _RATE},
                                      {"params": biases, "lr": _BIAS_RATE}])
        learned, distances = [*self._scores, *biases], [self._judge(held)]
        best, ends = _copies(learned), {round(steps * i / _CHECKS) for i in range(1, _CHECKS + 1)}
        for step in range(steps):
            set_rate(optimizer, (_RATE, _BIAS_RATE), cosine(step / steps))
            descend(optimizer, self._overrides.distance(
                self._overrides.judged([feed.next()])[0], self._constants())
                    / self._unit)
            if step + 1 in ends:
                distances.append(self._judge(held))
                if distances[-1] == min(distances):
                    best = _copies(learned)
        for parameter, kept in zip(learned, best, strict=True):
            parameter.data = kept
        return distances

    def tuned(self) -> list[Choice]:
        """The choices with the present scores."""
        return [c if c.kept is None else replace(c, scores=s.detach().numpy().astype(np.float64))
                for c, s in zip(self._choices, self._scores, strict=True)]

    def new_biases(self) -> dict[str, Array]:
        """The present biases, by name."""
        return {name: bias.detach().numpy() for name, bias in self._biases.items()}

    def _judge(self, held: Sequence[Judged]) -> float:
        return self._overrides.mean_distance(held, self._constants()) / self._unit

    def _constants(self) -> dict[str, Tensor]:
        return self._factors.constants(self._scores) | self._biases


def _copies(parameters: Sequence[Tensor]) -> list[Tensor]:
    return [p.detach().clone() for p in parameters]


def _bias(choice: Choice) -> Array:
    value = bias_value(choice.layer.unit)
    assert value is not None
    assert value.const_value is not None
    return value.const_value.numpy()


def scores_of(choices: Sequence[Choice]) -> list[Tensor]:
    """The scores of each layer's components, 1 where there are none yet."""
    return [torch.ones(0) if c.kept is None else torch.ones(len(c.kept)) if c.scores is None
            else as_tensor(c.scores) for c in choices]


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def set_rate(optimizer: torch.optim.Optimizer, rates: Sequence[float], share: float) -> None:
    """A share of its rate for each group."""
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = share * rate


def cosine(done: float) -> float:
    """From 1 to 0."""
    return 0.5 * (1 + float(np.cos(np.pi * done)))
