"""Losses that follow a teacher's outputs.

kd: Hinton et al. 2015, arXiv 1503.02531, section 2.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor
from torch.nn import functional as F

from edgec.errors import MethodError
from edgec.model.metrics import Array


class Softness(Protocol):
    """What of a schedule these losses need."""

    @property
    def temperature(self) -> float:
        """Both softmaxes are of logits / temperature."""

    @property
    def teacher_loss(self) -> str:
        """Which loss."""


def teacher_loss(how: Softness, student: Tensor, teacher: Tensor, targets: Array) -> Tensor:
    """student, teacher: logits [..., classes]; targets: int64 [...] classes, for dkd."""
    if student.shape != teacher.shape:
        raise MethodError(f"the student puts out {list(student.shape)} and the teacher "
                          f"{list(teacher.shape)}. Both must have the same classes.")
    if how.teacher_loss == "kd":
        return kd(student, teacher, how.temperature)
    if how.teacher_loss == "mse":
        return F.mse_loss(student, teacher)
    raise MethodError(f"teacher_loss is {how.teacher_loss!r}; it must be kd or mse.")


def kd(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T² · KL(softmax(teacher / T) ‖ softmax(student / T)), mean over rows of [..., classes]."""
    soft = F.log_softmax(student.reshape(-1, student.shape[-1]) / temperature, -1)
    wanted = F.log_softmax(teacher.reshape(-1, teacher.shape[-1]) / temperature, -1)
    return temperature ** 2 * F.kl_div(soft, wanted, reduction="batchmean", log_target=True)
