"""Training that makes whole groups of weights small before they are removed.

Fang et al. 2023, arXiv 2301.12900 (DepGraph), section 3.3: every step adds strength·γ_k·w to the
gradient, γ_k = 2^(4·(I_max − I_k) / (I_max − I_min)), so that units of little norm shrink fastest
and all weights of a unit together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from edgec.compress.criterion import Unit
from edgec.compress.method import Array
from edgec.compress.training.hook import Hook
from edgec.model.execute import TorchGraph

ALPHA = 4.0


class GroupSparsity(Hook):
    """groups: units that compete. norms: I_k of each, one array [units] per group."""

    def __init__(self, groups: Sequence[Sequence[Unit]], norms: Sequence[Array],
                 strength: float) -> None:
        self._pulls: dict[tuple[str, int], dict[int, float]] = {}
        for units, norm in zip(groups, norms, strict=True):
            for unit, pull in zip(units, strength * pulls(norm), strict=True):
                for s in unit.slices:
                    self._pulls.setdefault((s.name, s.axis), {}).update(
                        dict.fromkeys(s.indices, float(pull)))

    def before_step(self, graph: TorchGraph, done: float) -> None:
        """Adds the pull of every unit to the gradient of its weights."""
        weights = graph.weights()
        for (name, axis), by_index in self._pulls.items():
            weight = weights.get(name)
            if weight is None or weight.grad is None:
                continue
            pull = torch.zeros(weight.shape[axis])
            pull[list(by_index)] = torch.tensor(list(by_index.values()))
            shape = [1] * weight.ndim
            shape[axis] = -1
            weight.grad.add_(pull.reshape(shape) * weight.detach())


def pulls(norms: Array) -> Array:
    """γ_k [units]: 1 for the largest norm, 16 for the smallest; 1 where all are equal."""
    spread = float(norms.max() - norms.min())
    if spread <= 1e-12 * float(norms.max()):
        return np.ones(len(norms))
    result: Array = 2.0 ** (ALPHA * (norms.max() - norms) / spread)
    return result
