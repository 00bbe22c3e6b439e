"""Statistics of batch normalization measured anew, after something before it has changed.

A cut leaves running means and variances that belong to the uncut network. Averages over batches in
training mode are what training would have settled at (Wu and Johnson 2021, arXiv 2105.07576,
section 3, call it precise batch norm). Costs: one forward pass over some hundred samples.
"""

from __future__ import annotations

from collections.abc import Mapping

import onnx_ir as ir
import torch

from edgec.compress.method import CALIBRATION_SAMPLES, Array, Given
from edgec.compress.training.score import as_tensors
from edgec.model.execute import TorchGraph

_BATCH = 64


def renormalized(model: ir.Model, given: Given) -> ir.Model:
    """The model with statistics of the task's first training samples.

    Itself where there is no task, no batch normalization or only one sample.
    """
    norms = _norms(model)
    if not norms or given.task is None:
        return model
    few = given.task.train.take(slice(CALIBRATION_SAMPLES))
    size = min(_BATCH, len(few))
    whole = [batch.inputs for batch in few.batches(size) if len(batch) == size]
    if size < 2:
        return model
    graph = TorchGraph(model, ()).train()
    with torch.no_grad():
        _measure(graph, norms, whole)
    return graph.to_model()


def _norms(model: ir.Model) -> dict[str, float]:
    """The names of running statistics, and the share of a new batch in them."""
    found: dict[str, float] = {}
    for node in model.graph:
        share = 1 - node.attributes.get_float("momentum", 0.9)
        own = node.attributes.get_int("training_mode", 0)  # statistics are outputs then
        if node.op_type == "BatchNormalization" and share > 0 and not own:
            found |= {str(value.name): share for value in node.inputs[3:5]
                      if value is not None and value.is_initializer()}
    return found


def _measure(graph: TorchGraph, norms: Mapping[str, float],
             batches: list[Mapping[str, Array]]) -> None:
    """From zero one batch leaves its share of itself: divided by it, that is the batch's own."""
    statistics = {name: graph.constant(name) for name in norms}
    sums = {name: torch.zeros_like(value) for name, value in statistics.items()}
    for batch in batches:
        for value in statistics.values():
            value.zero_()
        graph(**as_tensors(batch))
        for name, value in statistics.items():
            sums[name] += value / norms[name]
    for name, value in statistics.items():
        value.copy_(sums[name] / len(batches))
