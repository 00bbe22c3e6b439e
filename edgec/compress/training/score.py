"""The score of a model on samples, through the torch executor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx_ir as ir
import torch
from torch import Tensor

from edgec.model.confidence import softmax_sums, sum_limit
from edgec.model.execute import TorchGraph
from edgec.model.exits import end_of
from edgec.model.metrics import METRICS, Array
from edgec.model.task import Samples

BATCH, VALUES = 256, 2**20  # samples at once, and their values: layers make tens of times as many


def as_tensors(arrays: Mapping[str, Array]) -> dict[str, Tensor]:
    """Inputs for a TorchGraph; images lie in memory with their channels last, which is faster."""
    tensors = {name: torch.from_numpy(np.require(a, requirements=("C", "W")))
               for name, a in arrays.items()}
    return {name: t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t
            for name, t in tensors.items()}


def sample_scores(graph: TorchGraph, samples: Samples, metric: str) -> Array:
    """The metric of each sample, float64 [n], of the answer given; larger is better."""
    graph.eval()
    found = []
    with torch.no_grad():
        for batch in samples.batches(batch_size(samples)):
            found.append(METRICS[metric](_answers(graph, batch.inputs), batch.targets))
    return np.concatenate(found)


def batch_size(samples: Samples) -> int:
    """How many samples are scored at once: fewer where they are large, so that memory suffices."""
    values = sum(a[:1].size for a in samples.inputs.values())
    return max(1, min(BATCH, VALUES // max(1, values)))


def _answers(graph: TorchGraph, inputs: Mapping[str, Array]) -> Array:
    """The first output; of a model with exits for each sample that of the exit it leaves by."""
    if not graph.exits:
        return np.asarray(graph(**as_tensors(inputs))[0].numpy())
    names = [e.output for e in graph.exits]
    end = end_of(graph.outputs, names)
    values = graph.values(as_tensors(inputs), [*names, end])
    given = values[end].numpy()
    for leaving in reversed(graph.exits):
        logits = values[leaving.output].numpy()
        sure = softmax_sums(logits) <= sum_limit(leaving.threshold)
        given = np.where(sure[:, None], logits, given)
    return given


def score_graph(graph: TorchGraph, samples: Samples, metric: str) -> float:
    """The mean of `sample_scores`."""
    return float(sample_scores(graph, samples, metric).mean())


def score_model(model: ir.Model, samples: Samples, metric: str) -> float:
    """The same for a model."""
    return score_graph(TorchGraph(model, ()), samples, metric)
