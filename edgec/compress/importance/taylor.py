"""How much the loss would change without a weight, by its first derivative.

Molchanov et al. 2019, arXiv 1906.10771, equations 5 and 8: the square of Σ w·∂L/∂w over a unit,
averaged over batches. (The sum of squares, equation 7, ranks differently, because signs cancel.)
A network that knows its training samples by heart has no gradient there, and scores mean little.
Costs: a forward and a backward pass over `batches` × `batch` training samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import onnx_ir as ir
import torch

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.method import Array, Given, Needs
from edgec.errors import DataError
from edgec.model.execute import TorchGraph
from edgec.model.losses import LOSSES
from edgec.model.task import Task


@dataclass(frozen=True)
class Taylor(Criterion):
    """batches: of `batch` training samples each, chosen by the seed."""

    batches: int = 32
    batch: int = 16

    needs: ClassVar[Needs] = Needs(task=True)

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """The mean over batches of (w·∂L/∂w)²; 0 for what is not learned."""
        total: dict[str, Array] = {}
        count = 0
        for products in self._products(model, given):
            count += 1
            for name in names:
                total[name] = total.get(name, 0.0) + products[name] ** 2
        return {name: total[name] / count for name in names}

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """The mean over batches of (Σ w·∂L/∂w)², the sum over all slices of a unit."""
        total, count = np.zeros(len(units)), 0
        for products in self._products(model, given):
            sums = {}
            for name, axis in {(s.name, s.axis) for unit in units for s in unit.slices}:
                product = products[name]
                others = tuple(a for a in range(product.ndim) if a != axis)
                sums[name, axis] = product.sum(others)
            total += np.array([sum(float(sums[s.name, s.axis][list(s.indices)].sum())
                                   for s in unit.slices) for unit in units]) ** 2
            count += 1
        return total / count

    def _products(self, model: ir.Model, given: Given) -> Iterator[Mapping[str, Array]]:
        """w·∂L/∂w of every float initializer, float64, for one batch after the other."""
        if given.task is None:
            raise DataError("taylor needs the loss on labelled samples, and got none. Give a task, "
                            "or use a criterion that reads weights alone, as group_norm.")
        graph = TorchGraph(model).eval()
        learned = graph.weights()
        rest = {name: np.zeros(value.const_value.shape.numpy())
                for name, value in model.graph.initializers.items()
                if name not in learned and value.const_value is not None}
        for inputs, targets in self._chosen(given.task, given.seed):
            loss = LOSSES[given.task.loss](graph(**inputs)[0], targets)
            grads = torch.autograd.grad(loss, list(learned.values()), allow_unused=True)
            yield rest | {name: np.zeros(tuple(weight.shape)) if grad is None
                          else (weight.detach() * grad).double().numpy()
                          for (name, weight), grad in zip(learned.items(), grads, strict=True)}

    def _chosen(self, task: Task, seed: int) -> Iterator[tuple[dict[str, torch.Tensor],
                                                               torch.Tensor]]:
        order = np.random.default_rng(seed).permutation(len(task.train))
        chosen = task.train.take(order[:self.batches * self.batch])
        for batch in chosen.batches(self.batch):
            yield ({name: torch.from_numpy(np.ascontiguousarray(a))
                    for name, a in batch.inputs.items()}, torch.from_numpy(batch.targets))


PLUGIN = Taylor
