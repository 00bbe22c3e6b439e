"""The score of a model on samples, through the torch executor."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import torch

from edgec.model.execute import TorchGraph
from edgec.model.metrics import METRICS, Array
from edgec.model.task import Samples

BATCH = 256


def sample_scores(graph: TorchGraph, samples: Samples, metric: str) -> Array:
    """The metric of each sample, float64 [n], of the first output; larger is better."""
    graph.eval()
    found = []
    with torch.no_grad():
        for batch in samples.batches(BATCH):
            inputs = {name: torch.from_numpy(np.ascontiguousarray(a))
                      for name, a in batch.inputs.items()}
            found.append(METRICS[metric](graph(**inputs)[0].numpy(), batch.targets))
    return np.concatenate(found)


def score_graph(graph: TorchGraph, samples: Samples, metric: str) -> float:
    """The mean of `sample_scores`."""
    return float(sample_scores(graph, samples, metric).mean())


def score_model(model: ir.Model, samples: Samples, metric: str) -> float:
    """The same for a model."""
    return score_graph(TorchGraph(model, ()), samples, metric)
