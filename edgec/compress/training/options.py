"""The options that every method that trains has, and the fine-tuning that they ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgec.compress.method import Given, Method, option

if TYPE_CHECKING:
    from edgec.compress.training.finetune import Schedule, Trained
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
    teacher_loss: str = option("kd", "how to follow the teacher: kd, dkd, mse")

    def check_training(self, given: Given) -> Iterator[str]:
        """What is wrong with these options."""
        if self.epochs < 0:
            yield f"epochs is {self.epochs}; it must be 0 or more."
        if self.epochs and given.task is None:
            yield (f"epochs is {self.epochs} and there are no labelled samples. Give a task, or "
                   "set epochs to 0.")
        if self.batch < 1:
            yield f"batch is {self.batch}; it must be 1 or more."
        if not self.learning_rate > 0:
            yield f"learning_rate is {self.learning_rate}; it must be above 0."
        if self.optimizer not in ("adamw", "sgd"):
            yield f"optimizer is {self.optimizer!r}; it must be adamw or sgd."
        if not 0 <= self.teacher_weight <= 1:
            yield f"teacher_weight is {self.teacher_weight}; it must be from 0 to 1."
        if not self.temperature > 0:
            yield f"temperature is {self.temperature}; it must be above 0."

    def schedule(self, epochs: float | None = None) -> Schedule:
        """The schedule of these options, for all epochs or a part of them."""
        from edgec.compress.training.finetune import Schedule

        return Schedule(self.epochs if epochs is None else epochs, self.batch, self.learning_rate,
                        self.weight_decay, self.optimizer, teacher_weight=self.teacher_weight,
                        temperature=self.temperature, teacher_loss=self.teacher_loss)

    def finetune(self, graph: TorchGraph, given: Given, hooks: Sequence[Hook] = (),
                 epochs: float | None = None) -> Trained | None:
        """Trains the graph in place for all epochs, or some; None where there is nothing to do."""
        from edgec.compress.training.finetune import finetune

        if given.task is None or not (self.epochs if epochs is None else epochs):
            return None
        return finetune(graph, given, self.schedule(epochs), hooks)
