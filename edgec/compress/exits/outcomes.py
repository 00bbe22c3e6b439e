"""What every exit answers on labelled samples, how sure it is, and what getting there costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.compress.exits.branches import macs_until
from edgec.model.confidence import softmax_sums, sum_limit
from edgec.model.exits import Exit, final_output
from edgec.model.task import Samples

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Outcomes:
    """Of k exits and the end of the network, on n samples.

    sums: [k, n], see `softmax_sums`. scores: [k + 1, n], the metric of each answer. macs: [k + 1],
    multiply-accumulates until then, with the heads of all exits that were passed.
    """

    sums: Array
    scores: Array
    macs: Array

    def taken(self, thresholds: Sequence[float]) -> Array:
        """int [n]: the exit that each sample leaves by, k for the end."""
        taken = np.full(self.sums.shape[1], len(self.sums))
        for k in reversed(range(len(self.sums))):
            taken[self.sums[k] <= sum_limit(thresholds[k])] = k
        return taken

    def score(self, taken: Array) -> float:
        """The mean metric of the answers given."""
        return float(self.scores[taken, np.arange(len(taken))].mean())

    def cost(self, taken: Array) -> float:
        """Mean multiply-accumulates of a run."""
        return float(self.macs[taken].mean())

    def shares(self, taken: Array) -> tuple[float, ...]:
        """The share of the samples that leaves by each exit, the end last."""
        return tuple(float((taken == k).mean()) for k in range(len(self.macs)))

    def answered(self, taken: Array) -> tuple[float | None, ...]:
        """The mean metric of those who leave by each exit, the end last; None where nobody does."""
        return tuple(float(self.scores[k][taken == k].mean()) if (taken == k).any() else None
                     for k in range(len(self.macs)))


def outcomes(model: ir.Model, exits: Sequence[Exit], samples: Samples, metric: str) -> Outcomes:
    """Runs every sample to the end and keeps what each exit said."""
    import torch

    from edgec.compress.training.score import as_tensors, batch_size
    from edgec.model.execute import TorchGraph
    from edgec.model.metrics import METRICS

    graph = TorchGraph(model, ()).eval()
    names = [*(e.output for e in exits), final_output(model, exits)]
    sums: list[list[Array]] = [[] for _ in exits]
    scores: list[list[Array]] = [[] for _ in names]
    with torch.no_grad():
        for batch in samples.batches(batch_size(samples)):
            found = graph.values(as_tensors(batch.inputs), names)
            for k, name in enumerate(names):
                logits = found[name].numpy()
                scores[k].append(METRICS[metric](logits, batch.targets))
                if k < len(exits):
                    sums[k].append(softmax_sums(logits))
    return Outcomes(np.stack([np.concatenate(s) for s in sums]),
                    np.stack([np.concatenate(s) for s in scores]), macs_until(model, names))
