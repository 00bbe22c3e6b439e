"""Fine-tuning and nothing else: the same layers, better weights.

Labels and a teacher as in every method that trains (Hinton et al. 2015, arXiv 1503.02531).
`edgec order` puts it behind methods that do not train, so that both orders of a pair are trained
alike. Costs: `epochs` of training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import onnx_ir as ir

from edgec.compress.method import Compressed, Given
from edgec.compress.training.options import TrainingMethod


@dataclass(frozen=True)
class FinetuneReport:
    """Steps taken, scores on validation (before, then after each epoch), the epoch kept."""

    steps: int
    scores: tuple[float, ...]
    kept_epoch: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Finetune(TrainingMethod):
    """Options of fine-tuning: those of every method that trains."""

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, labels missing, a quantized model."""
        yield from self.check_training(given)
        if any(node.op_type == "QuantizeLinear" for node in model.graph.all_nodes()):
            yield "the model is quantized, its weights are integers. Fine-tune the float model."

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The model with trained weights and a `FinetuneReport`."""
        from edgec.model.execute import TorchGraph

        graph = TorchGraph(model)
        trained = self.finetune(graph, given)
        if trained is None:
            return Compressed(model.clone(), FinetuneReport(0, (), 0))
        return Compressed(graph.to_model(), FinetuneReport(
            trained.steps, trained.scores, trained.kept_epoch))


PLUGIN = Finetune
