"""What the outputs lose when a unit is gone: the oracle that cheaper criteria are judged by.

Molchanov et al. 2016, arXiv 1611.06440, section 2 (the oracle); here the change is the
Kullback-Leibler divergence of the first output, so no labels are needed.
Costs: one forward pass of some hundred samples for every unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np
import onnx_ir as ir
import torch
from torch.nn import functional as F

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.method import Array, Given, Needs
from edgec.errors import DataError, MethodError
from edgec.model.execute import TorchGraph


@dataclass(frozen=True)
class Ablation(Criterion):
    """samples: how many of the typical inputs are used."""

    samples: int = 128

    needs: ClassVar[Needs] = Needs(data=True)
    of_elements: ClassVar[bool] = False

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """MethodError: a forward pass for every single weight would take forever."""
        raise MethodError("ablation scores channels, not single weights. Use another criterion.")

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """KL(softmax(whole) ‖ softmax(without the unit)), mean over rows, nats."""
        names = tuple(dict.fromkeys(s.name for unit in units for s in unit.slices))
        graph = TorchGraph(model, names).eval()
        weights, inputs = graph.weights(), self._inputs(graph, given)
        with torch.no_grad():
            whole = F.log_softmax(graph(**inputs)[0], -1)
            return np.array([_without(graph, weights, unit, inputs, whole) for unit in units])

    def _inputs(self, graph: TorchGraph, given: Given) -> dict[str, torch.Tensor]:
        runs = [] if given.data is None else list(islice(given.data, self.samples))
        if not runs and given.task is not None:
            runs = list(given.task.train.take(slice(self.samples)).runs())
        if not runs:
            raise DataError("ablation needs data and got none. Give some hundred typical inputs.")
        return {name: torch.from_numpy(np.concatenate([run[name] for run in runs]))
                for name in graph.inputs}


def _without(graph: TorchGraph, weights: Mapping[str, torch.Tensor], unit: Unit,
             inputs: Mapping[str, torch.Tensor], whole: torch.Tensor) -> float:
    """A unit whose weights are all 0, before and behind it, is a unit that is gone."""
    saved = {s.name: weights[s.name].detach().clone() for s in unit.slices}
    for s in unit.slices:
        weights[s.name].index_fill_(s.axis, torch.tensor(s.indices), 0.0)
    rest = F.log_softmax(graph(**inputs)[0], -1)
    for name, old in saved.items():
        weights[name].copy_(old)
    classes = whole.shape[-1]
    divergence = F.kl_div(rest.reshape(-1, classes), whole.reshape(-1, classes),
                          reduction="batchmean", log_target=True)
    return max(0.0, float(divergence))


PLUGIN = Ablation
