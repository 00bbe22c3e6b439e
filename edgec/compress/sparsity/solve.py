"""Makes layers sparse: cells go, the weights and biases that are left make up for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array, Data
from edgec.compress.quantization.units import bias_array, weight_array
from edgec.compress.sparsity import reconstruct, sparsegpt
from edgec.compress.sparsity.layers import Layer
from edgec.compress.sparsity.pattern import Pattern, cell_scores, choose, spread
from edgec.compress.sparsity.problem import Problem, gather

UPDATES = ("none", "sparsegpt", "lstsq")


@dataclass(frozen=True)
class Job:
    """A layer, and what shall be zero of it.

    scores: [outputs, depth], what decides; None: the loss that the solver itself finds.
    """

    layer: Layer
    pattern: Pattern
    share: float
    within: str
    scores: Array | None

    def alive(self) -> Array:
        """The weights that are not zero already, bool [outputs, depth]."""
        return np.asarray(self.layer.matrix(weight_array(self.layer.unit)) != 0)

    def mask(self) -> Array:
        """The weights that the scores keep, bool [outputs, depth]."""
        assert self.scores is not None
        alive, taps = self.alive(), self.layer.taps
        cells = cell_scores(np.where(alive, self.scores, 0.0), self.pattern, taps)
        cells[cell_scores(alive.astype(np.float64), self.pattern, taps) == 0] = -1.0
        within = "row" if self.within == "row" else "layer"
        kept = choose(cells, self.pattern, self.share, within, taps)
        return spread(kept, self.pattern, taps, len(alive)) & alive


def solve(jobs: Sequence[Job], update: str, original: ir.Model, present: ir.Model,
          data: Data) -> ir.Model:
    """`present` with these layers sparse. `original` is what they should compute, on `data`.

    update: one of UPDATES.
    """
    result = present.clone()
    if update == "none":
        for job in jobs:
            weight = job.layer.matrix(weight_array(job.layer.unit))
            _set(result, job.layer.weight, job.layer.array(weight * job.mask()))
        return result
    inputs = gather([job.layer for job in jobs], original, present, data)
    for job in jobs:
        layer = job.layer
        weight = layer.matrix(weight_array(layer.unit)).astype(np.float64)
        problem = inputs[layer.name].problem(layer, weight)
        made = _solved(job, update, problem).astype(np.float32)
        _set(result, layer.weight, layer.array(made))
        if layer.bias is not None:
            bias = bias_array(layer.unit)
            assert bias is not None
            shifted = bias + weight @ problem.mean - made @ problem.present_mean
            _set(result, layer.bias, shifted)
    return result


def _solved(job: Job, update: str, problem: Problem) -> Array:
    """New weights [outputs, depth]."""
    if job.scores is not None:
        return (reconstruct.refit if update == "lstsq" else sparsegpt.feed)(problem, job.mask())
    prune = reconstruct.prune if update == "lstsq" else sparsegpt.prune
    within = "row" if job.within == "row" else "layer"
    gain = job.layer.gain()[:, None]  # outputs are solved one by one: only the choice sees it
    problem = replace(problem, target=problem.target * gain)
    return prune(problem, job.pattern, job.layer.taps, job.share, job.alive(), within) / gain


def _set(model: ir.Model, name: str, data: Array) -> None:
    value = model.graph.initializers[name]
    assert value.const_value is not None
    shape = value.const_value.shape.numpy()
    value.const_value = ir.tensor(
        np.ascontiguousarray(np.asarray(data, np.float32).reshape(shape)), name=name)
