"""The score of a model on samples, through the torch executor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx_ir as ir
import torch
from torch import Tensor

from edgec.model.execute import TorchGraph
from edgec.model.metrics import METRICS, Array
from edgec.model.task import Samples

BATCH = 256


def as_tensors(arrays: Mapping[str, Array]) -> dict[str, Tensor]:
    """Inputs for a TorchGraph; images lie in memory with their channels last, which is faster."""
    tensors = {name: torch.from_numpy(np.require(a, requirements=("C", "W")))
               for name, a in arrays.items()}
    return {name: t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t
            for name, t in tensors.items()}


def sample_scores(graph: TorchGraph, samples: Samples, metric: str) -> Array:
    """The metric of each sample, float64 [n], of the first output; larger is better."""
    graph.eval()
    found = []
    with torch.no_grad():
        for batch in samples.batches(BATCH):
            outputs = graph(**as_tensors(batch.inputs))[0].numpy()
            found.append(METRICS[metric](outputs, batch.targets))
    return np.concatenate(found)


def score_graph(graph: TorchGraph, samples: Samples, metric: str) -> float:
    """The mean of `sample_scores`."""
    return float(sample_scores(graph, samples, metric).mean())


def score_model(model: ir.Model, samples: Samples, metric: str) -> float:
    """The same for a model."""
    return score_graph(TorchGraph(model, ()), samples, metric)
