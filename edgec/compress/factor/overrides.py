"""What a model would put out with other weights in some layers, without building it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.compress.method import Array, Batch
from edgec.compress.training.distillation import kd
from edgec.model.execute import TorchGraph


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

    def distance(self, batch: Mapping[str, Tensor], constants: Mapping[str, Tensor]) -> Tensor:
        """How far the output is from the original's, a mean over rows; differentiable."""
        with torch.no_grad():
            wanted = self.run(batch, {})
        found = self.run(batch, constants)
        return F.mse_loss(found, wanted) if self._loss == "mse" else kd(found, wanted, 1.0)

    def mean_distance(self, batches: Sequence[Mapping[str, Tensor]],
                      constants: Mapping[str, Tensor]) -> float:
        """The mean over batches, without gradients."""
        with torch.no_grad():
            return float(np.mean([float(self.distance(b, constants)) for b in batches]))


def stacked(runs: Sequence[Batch], size: int) -> list[dict[str, Tensor]]:
    """Runs of a model as batches of `size` runs, the last one smaller."""
    return [{name: torch.from_numpy(np.concatenate([run[name] for run in runs[i:i + size]]))
             for name in runs[0]} for i in range(0, len(runs), size)]


def as_tensor(array: Array) -> Tensor:
    """float32, contiguous."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
