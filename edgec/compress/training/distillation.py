"""Losses that follow a teacher's outputs.

kd: Hinton et al. 2015, arXiv 1503.02531, section 2. dkd: Zhao et al. 2022, arXiv 2203.08679,
equations 5 to 7; weights and warm-up after the authors' code, their defaults from memory. mse: of
the outputs themselves, for embeddings and regression. The usual temperature 4 and share 0.9 of the
loss are those of much of the literature (from memory); they were not tuned here.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.compress.training.schedule import Schedule
from edgec.errors import MethodError
from edgec.model.losses import PADDING
from edgec.model.metrics import Array

DKD_WARMUP = 1 / 12  # 20 of 240 epochs


def teacher_loss(how: Schedule, student: Tensor, teacher: Tensor, targets: Array) -> Tensor:
    """student, teacher: logits [..., classes]; targets: int64 [...] classes, or floats with mse.

    Rows whose class is −100, padding, are left out. MethodError when the shapes differ.
    """
    if student.shape != teacher.shape:
        raise MethodError(f"the student puts out {list(student.shape)} and the teacher "
                          f"{list(teacher.shape)}. Both must have the same classes.")
    if how.teacher_loss == "mse":
        return F.mse_loss(student, teacher)
    wide = student.shape[-1]
    student, teacher = student.reshape(-1, wide), teacher.reshape(-1, wide)
    if targets.dtype.kind not in "iu" or targets.size != len(student):
        if how.teacher_loss == "dkd":
            raise MethodError("teacher_loss is dkd, which needs a class for every row of the "
                              f"output; the targets are {targets.dtype}{list(targets.shape)} for "
                              f"{len(student)} rows. Use kd or mse.")
        return kd(student, teacher, how.temperature)
    classes = torch.from_numpy(np.ascontiguousarray(targets)).reshape(-1)
    real = classes != PADDING
    if not bool(real.all()):
        student, teacher, classes = student[real], teacher[real], classes[real]
    if how.teacher_loss == "dkd":
        target_part, other_part = decoupled(student, teacher, classes, how.temperature)
        return target_part.mean() + how.dkd_beta * other_part.mean()
    return kd(student, teacher, how.temperature)


def teacher_share(how: Schedule, done: float) -> float:
    """The teacher's share of the loss; dkd is faded in, for its gradients are large at first."""
    faded = min(1.0, done / DKD_WARMUP) if how.teacher_loss == "dkd" else 1.0
    return how.teacher_weight * faded


def kd(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T² · KL(softmax(teacher / T) ‖ softmax(student / T)), mean over the rows, [n, classes]."""
    soft = F.log_softmax(student / temperature, -1)
    wanted = F.log_softmax(teacher / temperature, -1)
    return temperature ** 2 * _divergence(wanted, soft).mean()


def decoupled(student: Tensor, teacher: Tensor, classes: Tensor,
              temperature: float) -> tuple[Tensor, Tensor]:
    """T² · KL of (target class, all others), and of the others among themselves, each [n].

    kd is the first plus (1 − the teacher's probability of the target) times the second, equation
    5. With two classes the second is 0.
    """
    parts = [_decoupled_logs(logits / temperature, classes) for logits in (student, teacher)]
    (pair, others), (wanted_pair, wanted_others) = parts
    square = temperature ** 2
    return (square * _divergence(wanted_pair, pair),
            square * _divergence(wanted_others, others))


def _decoupled_logs(logits: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities of (target, not target), [n, 2], and of the others alone, [n, c − 1]."""
    n, wide = logits.shape
    is_target = F.one_hot(classes, wide).bool()
    target, rest = logits[is_target].reshape(n, 1), logits[~is_target].reshape(n, wide - 1)
    pair = torch.cat([target, rest.logsumexp(-1, keepdim=True)], -1)
    return F.log_softmax(pair, -1), F.log_softmax(rest, -1)


def _divergence(wanted: Tensor, found: Tensor) -> Tensor:
    """KL(wanted ‖ found) of log-probabilities, one for each row."""
    return F.kl_div(found, wanted, reduction="none", log_target=True).sum(-1)
