"""How to train: the numbers, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

OPTIMIZERS = ("adamw", "sgd")
TEACHER_LOSSES = ("auto", "kd", "dkd", "mse")
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Schedule:
    """epochs may be a fraction; learning rate: linear over the share `warmup`, then cosine to 0.

    optimizer: adamw or sgd (Nesterov momentum 0.9). keep: best (by validation) or last.
    teacher_weight: share of the loss that follows the teacher, the rest follows the labels.
    teacher_loss: see `edgec.compress.training.distillation`. freeze_norms: the share of the steps
    after which batch normalization keeps its statistics. precision: bfloat16 computes layers with
    8 significant bits and keeps weights in float32; not for models with QuantizeLinear. mix: see
    `edgec.compress.training.mix`.
    """

    epochs: float = 3.0
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    optimizer: str = "adamw"
    warmup: float = 0.05
    keep: str = "best"
    teacher_weight: float = 0.9
    temperature: float = 4.0
    teacher_loss: str = "auto"
    dkd_beta: float = 2.0
    freeze_norms: float = 1.0
    precision: str = "float32"
    mix: bool = False

    def problems(self) -> Iterator[str]:
        """The numbers and names that cannot be, as sentences."""
        for name in ("epochs", "weight_decay", "dkd_beta"):
            if getattr(self, name) < 0:
                yield f"{name} is {getattr(self, name)}; it must be 0 or more."
        if self.batch < 1:
            yield f"batch is {self.batch}; it must be 1 or more."
        for name in ("learning_rate", "temperature"):
            if not getattr(self, name) > 0:
                yield f"{name} is {getattr(self, name)}; it must be above 0."
        for name in ("warmup", "teacher_weight", "freeze_norms"):
            if not 0 <= getattr(self, name) <= 1:
                yield f"{name} is {getattr(self, name)}; it must be from 0 to 1."
        for name, allowed in (("optimizer", OPTIMIZERS), ("teacher_loss", TEACHER_LOSSES),
                              ("precision", PRECISIONS), ("keep", ("best", "last"))):
            if getattr(self, name) not in allowed:
                yield (f"{name} is {getattr(self, name)!r}; it must be one of "
                       f"{', '.join(allowed)}.")
        if self.mix and self.teacher_weight != 1:
            yield (f"mix is true and teacher_weight is {self.teacher_weight}; labels say nothing "
                   "of mixed samples. Set teacher_weight to 1.")
        if self.mix and self.teacher_loss == "dkd":
            yield "mix is true and teacher_loss is dkd, which needs labels. Set it to kd."
