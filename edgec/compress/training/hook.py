"""What a method hangs into the fine-tuning of a graph: masks, penalties, scores of its own."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from edgec.model.execute import TorchGraph


class Hook:
    """Called by `edgec.compress.training.finetune` around every step; does nothing by itself.

    `done` is the share of all steps that are behind, from 0 up to 1.
    """

    def parameters(self) -> list[nn.Parameter]:
        """Parameters besides the graph's own that the optimizer shall learn, without decay."""
        return []

    def penalty(self, graph: TorchGraph, values: Mapping[str, Tensor],
                done: float) -> Tensor | None:
        """Added to the loss. values: the graph's outputs and those named by `watches`."""
        return None

    def watches(self) -> tuple[str, ...]:
        """Values inside the graph that `penalty` needs, by name."""
        return ()

    def before_step(self, graph: TorchGraph, done: float) -> None:
        """The gradients are there, the weights not yet changed."""

    def after_step(self, graph: TorchGraph, done: float) -> None:
        """The weights are changed: masks are put on again here."""

    def settled(self, done: float) -> bool:
        """Whether the weights may be kept as they are now; False while masks or costs still grow.

        The best of the epochs after which all hooks are settled is kept, else the last.
        """
        return True
