"""What a model would put out with other weights in some layers, without building it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.compress.method import Array, Batch
from edgec.compress.training.distillation import kd
from edgec.model.execute import TorchGraph


@dataclass(frozen=True)
class Judged:
    """A batch of inputs by name, and the original's first output."""

    inputs: Mapping[str, Tensor]
    wanted: Tensor


class Overrides:
    """A frozen model that runs with some of its constants replaced.

    loss: how far its first output is from the original's: kd, the Kullback-Leibler divergence of
    the softmaxes [..., classes], or mse.
    """

    def __init__(self, graph: TorchGraph, loss: str) -> None:
        self.graph, self._loss = graph.eval(), loss

    def run(self, batch: Mapping[str, Tensor], constants: Mapping[str, Tensor]) -> Tensor:
        """The first output."""
        first = self.graph.outputs[0]
        return self.graph.values({**batch, **constants}, [first])[first]

    def judged(self, batches: Sequence[Mapping[str, Tensor]]) -> list[Judged]:
        """The batches with the original's outputs."""
        with torch.no_grad():
            return [Judged(batch, self.run(batch, {})) for batch in batches]

    def distance(self, batch: Judged, constants: Mapping[str, Tensor]) -> Tensor:
        """How far the output is from the original's, a mean over rows; differentiable."""
        found = self.run(batch.inputs, constants)
        return (F.mse_loss(found, batch.wanted) if self._loss == "mse"
                else kd(found, batch.wanted, 1.0))

    def mean_distance(self, batches: Sequence[Judged], constants: Mapping[str, Tensor]) -> float:
        """The mean over batches, without gradients."""
        with torch.no_grad():
            return float(np.mean([float(self.distance(b, constants)) for b in batches]))


def stacked(runs: Sequence[Batch], size: int) -> list[dict[str, Tensor]]:
    """Runs of a model as batches of `size` runs, the last one smaller."""
    return [{name: torch.from_numpy(np.concatenate([run[name] for run in runs[i:i + size]]))
             for name in runs[0]} for i in range(0, len(runs), size)]


def as_tensor(array: Array) -> Tensor:
    """A float32 copy."""
    return torch.from_numpy(np.array(array, np.float32, order="C"))
