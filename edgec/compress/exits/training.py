"""The loss of exits: cross-entropy at each of them.

With a frozen network all count alike (Kaya et al. 2018, arXiv 1810.07052, `ic_only`). Trained
together with the network, exit k has the weight 0.01 + done · share_k, which rises over the
training to the share of the network's cost that lies before it (there: `sdn_training`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from edgec.compress.training.hook import Hook
from edgec.model.losses import cross_entropy

FIRST_WEIGHT = 0.01


class ExitLoss(Hook):
    """outputs: the exits' names. shares: of the cost before each, None for equal weights."""

    def __init__(self, outputs: Sequence[str], shares: Sequence[float] | None) -> None:
        self.outputs, self.shares = tuple(outputs), shares

    def labelled_penalty(self, values: Mapping[str, Tensor], targets: Tensor,
                         done: float) -> Tensor:
        """The weighted sum over all exits."""
        weights = [1.0 if self.shares is None else FIRST_WEIGHT + done * self.shares[k]
                   for k in range(len(self.outputs))]
        losses = [weight * cross_entropy(values[name], targets)
                  for weight, name in zip(weights, self.outputs, strict=True)]
        return sum(losses[1:], losses[0])
