"""Sparse weights stay sparse: what is exactly 0 before training is set to 0 after every step.

Zhu and Gupta 2017, arXiv 1710.01878, section 3. The gradient alone is not enough to mask: momentum
and weight decay of what was learned before would move a weight whose gradient is 0.
"""

from __future__ import annotations

import torch

from edgec.compress.training.hook import Hook
from edgec.model.execute import TorchGraph


class KeepZeros(Hook):
    """Holds for matrices and kernels. One that is all zeros is about to be learned, not sparse."""

    def __init__(self, graph: TorchGraph) -> None:
        zeros = {name: weight.detach() == 0 for name, weight in graph.weights().items()
                 if weight.ndim > 1}
        self._zeros = {name: zero for name, zero in zeros.items() if zero.any() and not zero.all()}

    def after_step(self, graph: TorchGraph, done: float) -> None:
        """The weights that were 0 are 0 again."""
        weights = graph.weights()
        with torch.no_grad():
            for name, zero in self._zeros.items():
                weights[name].masked_fill_(zero, 0.0)
