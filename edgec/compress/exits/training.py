"""The loss of exits: what the labels and the network's own end say, at each of them.

With a frozen network all count alike (Kaya et al. 2018, arXiv 1810.07052, `ic_only`). Trained
together with the network, exit k has the weight 0.01 + done · share_k, which rises over the
training to the share of the network's cost that lies before it (there: `sdn_training`). Following
the end of the same network: Zhang et al. 2019, arXiv 1905.08094, equation 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from edgec.compress.training.distillation import kd
from edgec.compress.training.hook import Hook
from edgec.model.execute import TorchGraph
from edgec.model.exits import end_of
from edgec.model.losses import cross_entropy

FIRST_WEIGHT = 0.01
KEPT_FOLLOW = 0.5
SETTLED = 0.9  # before that the best epoch of the network's end may be one of unready exits


@dataclass(frozen=True)
class ExitLoss(Hook):
    """outputs: the exits' names. end: the network's own logits. shares: of the cost before each
    exit, None for equal weights. follow: the part of each loss that follows the end, whose softmax
    is taken at `temperature`. fresh: the exits know nothing yet, and the end changes with them.
    """

    outputs: tuple[str, ...]
    end: str
    shares: Sequence[float] | None
    follow: float
    temperature: float
    fresh: bool = False

    def watches(self) -> tuple[str, ...]:
        """The end's logits."""
        return (self.end,)

    def settled(self, done: float) -> bool:
        """Late, where the exits are fresh."""
        return not self.fresh or done >= SETTLED

    def labelled_penalty(self, values: Mapping[str, Tensor], targets: Tensor,
                         done: float) -> Tensor:
        """The weighted sum over all exits."""
        wanted = values[self.end].detach()
        weights = [1.0 if self.shares is None else FIRST_WEIGHT + done * self.shares[k]
                   for k in range(len(self.outputs))]
        losses = [weight * self._loss(values[name], wanted, targets)
                  for weight, name in zip(weights, self.outputs, strict=True)]
        return sum(losses[1:], losses[0])

    def _loss(self, logits: Tensor, wanted: Tensor, targets: Tensor) -> Tensor:
        labels = cross_entropy(logits, targets)
        if not self.follow:
            return labels
        return (1 - self.follow) * labels + self.follow * kd(logits, wanted, self.temperature)


def kept_exits(graph: TorchGraph, temperature: float) -> tuple[ExitLoss, ...]:
    """What keeps the exits of a model in step while another method trains its network."""
    if not graph.exits:
        return ()
    names = tuple(e.output for e in graph.exits)
    end = end_of(graph.outputs, names)
    shares = [(k + 1) / (len(names) + 1) for k in range(len(names))]
    return (ExitLoss(names, end, shares, KEPT_FOLLOW, temperature),)
