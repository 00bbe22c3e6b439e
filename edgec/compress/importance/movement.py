"""Weights that training moves towards 0 matter little, however large they are.

Sanh et al. 2020, arXiv 2005.07683, equations 3 and 4: scores S sum up −∂L/∂W'·W while W' = M ⊙ W is
trained, M keeping the highest scores; the gradient reaches S as if M were not there
(straight-through). The share that M keeps falls from 1 after the cubic schedule.
Costs: `epochs` passes over the training samples; the weights that they train are thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import onnx_ir as ir
import torch

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.importance.magnitude import weight_of
from edgec.compress.method import Array, Given, Needs
from edgec.compress.training.cubic import cubic
from edgec.compress.training.hook import Hook
from edgec.errors import DataError

if TYPE_CHECKING:
    from edgec.model.execute import TorchGraph


@dataclass(frozen=True)
class Movement(Criterion):
    """kept: the share of a weight's entries that the mask keeps at the end."""

    epochs: float = 1.0
    batch: int = 32
    learning_rate: float = 1e-3
    kept: float = 0.25

    needs: ClassVar[Needs] = Needs(task=True)

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """S minus the lowest S of all; 0 for what is not learned."""
        scores = self._scores(model, names, given)
        lowest = min((float(s.min()) for s in scores.values()), default=0.0)
        return {name: scores[name] - lowest if name in scores
                else np.zeros_like(weight_of(model, name)) for name in names}

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """The sum of S over a unit's entries, minus the lowest of all units."""
        names = tuple(dict.fromkeys(s.name for unit in units for s in unit.slices))
        scores = self._scores(model, names, given)
        sums = np.array([sum(float(s.of(scores[s.name]).sum()) for s in unit.slices
                             if s.name in scores) for unit in units])
        return np.asarray(sums - sums.min(initial=0.0 if not len(sums) else sums[0]))

    def _scores(self, model: ir.Model, names: Sequence[str], given: Given) -> dict[str, Array]:
        from edgec.compress.training.finetune import finetune
        from edgec.compress.training.schedule import Schedule
        from edgec.model.execute import TorchGraph

        if given.task is None:
            raise DataError("movement needs to train on labelled samples, and got none. Give a "
                            "task, or use a criterion that does without, as obs.")
        graph = TorchGraph(model)
        hook = _Scores(graph, names, self.kept)
        few = replace(given.task, validation=given.task.validation.take(slice(1)))
        finetune(graph, replace(given, task=few),
                 Schedule(self.epochs, self.batch, self.learning_rate, keep="last"), (hook,))
        return {name: score.double().numpy() for name, score in hook.scores.items()}


class _Scores(Hook):
    """The graph holds W' = M ⊙ W; W and S are kept here."""

    def __init__(self, graph: TorchGraph, names: Sequence[str], kept: float) -> None:
        learned = graph.weights()
        self._whole = {n: learned[n].detach().clone() for n in names if n in learned}
        self._masks = {name: torch.ones_like(w) for name, w in self._whole.items()}
        self.scores = {name: torch.zeros_like(w) for name, w in self._whole.items()}
        self._kept = kept

    def before_step(self, graph: TorchGraph, done: float) -> None:
        """S falls by the gradient times the whole weight."""
        for name, whole in self._whole.items():
            gradient = graph.weights()[name].grad
            if gradient is not None:
                self.scores[name] -= gradient * whole

    def after_step(self, graph: TorchGraph, done: float) -> None:
        """What the step did to kept weights goes to W, then the mask follows the scores."""
        share = cubic(1 - self._kept, done)
        with torch.no_grad():
            for name, whole in self._whole.items():
                weight, mask = graph.weights()[name], self._masks[name]
                whole.copy_(torch.where(mask > 0, weight, whole))
                gone = int(share * whole.numel())
                lowest = self.scores[name].flatten().argsort(stable=True)[:gone]
                mask.fill_(1.0).view(-1)[lowest] = 0.0
                weight.copy_(whole * mask)


PLUGIN = Movement
