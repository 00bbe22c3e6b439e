"""The options that every method that trains has, and the fine-tuning that they ask for."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import onnx_ir as ir

from edgec.compress.method import Given, Method, option
from edgec.compress.training.schedule import Schedule
from edgec.errors import MissingExtra

if TYPE_CHECKING:
    from edgec.compress.training.finetune import Trained
    from edgec.compress.training.hook import Hook
    from edgec.model.execute import TorchGraph


@dataclass(frozen=True)
class TrainingMethod(Method):
    """A method whose result is fine-tuned. 0 epochs: no training, and no labels needed."""

    epochs: float = option(3.0, "passes over the training samples in all; 0: no fine-tuning")
    batch: int = option(64, "samples in one step of fine-tuning")
    learning_rate: float = option(1e-3, "highest learning rate; warm-up, then cosine to 0")
    optimizer: str = option("adamw", "adamw or sgd")
    weight_decay: float = option(1e-4, "of matrices and kernels")
    teacher_weight: float = option(0.9, "share of the loss that follows the teacher, where one is "
                                   "given; 0: labels only")
    temperature: float = option(4.0, "of the softmax when following the teacher")
    teacher_loss: str = option("auto", "how to follow the teacher: kd, dkd, mse; auto: kd for "
                               "classes, mse for other targets")
    dkd_beta: float = option(2.0, "with dkd, weight of what the teacher thinks of wrong classes")
    freeze_norms: float = option(1.0, "share of the training after which batch normalization keeps "
                                 "its statistics; 0: from the start, for few samples")
    precision: str = option("float32", "float32, or bfloat16 for layers: faster where the "
                            "processor has it; not for quantized models")
    mix: bool = option(False, "fade every training sample into another one, for the teacher alone "
                       "to answer (teacher_weight = 1): for long training on few samples")
    keep_zeros: bool = option(True, "weights that are exactly 0 stay 0 while training, so that a "
                              "sparse model stays sparse")

    def check_training(self, given: Given) -> Iterator[str]:
        """What is wrong with these options; MissingExtra when there is no torch to train with."""
        yield from self.schedule().problems()
        if not self.epochs:
            return
        if given.task is None:
            yield (f"epochs is {self.epochs} and there are no labelled samples. Give a task, or "
                   "set epochs to 0.")
        if importlib.util.find_spec("torch") is None:
            raise MissingExtra("torch", "torch", "fine-tuning")

    def schedule(self, epochs: float | None = None) -> Schedule:
        """The schedule of these options, for all epochs or a part of them."""
        named = {f.name for f in fields(TrainingMethod)} & {f.name for f in fields(Schedule)}
        made = Schedule(**{name: getattr(self, name) for name in named})
        return made if epochs is None else replace(made, epochs=epochs)

    def finetune(self, graph: TorchGraph, given: Given, hooks: Sequence[Hook] = (),
                 epochs: float | None = None) -> Trained | None:
        """Trains the graph in place for all epochs, or some; None where there is nothing to do."""
        from edgec.compress.exits.training import ExitLoss, kept_exits
        from edgec.compress.training.finetune import finetune
        from edgec.compress.training.keep_zeros import KeepZeros

        if given.task is None or not (self.epochs if epochs is None else epochs):
            return None
        kept: list[Hook] = [KeepZeros(graph)] if self.keep_zeros else []
        if not any(isinstance(hook, ExitLoss) for hook in hooks):
            kept += kept_exits(graph, self.temperature)
        return finetune(graph, given, self.schedule(epochs), (*hooks, *kept))

    def finetuned(self, model: ir.Model, given: Given, hooks: Sequence[Hook] = (),
                  epochs: float | None = None) -> ir.Model:
        """The same for a model; the model itself where there is nothing to do."""
        if given.task is None or not (self.epochs if epochs is None else epochs):
            return model
        from edgec.model.execute import TorchGraph

        graph = TorchGraph(model)
        self.finetune(graph, given, hooks, epochs)
        return graph.to_model()


def validation_score(model: ir.Model, given: Given) -> float | None:
    """Of the task's metric; None without a task."""
    if given.task is None:
        return None
    from edgec.compress.training.score import score_model

    return score_model(model, given.task.validation, given.task.metric)
