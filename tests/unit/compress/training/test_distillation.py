"""What the losses that follow a teacher must satisfy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from edgec.compress.training.distillation import decoupled, kd, teacher_loss, teacher_share
from edgec.compress.training.schedule import Schedule
from edgec.errors import MethodError

KINDS = ("kd", "dkd", "mse")


def logits(seed: int, rows: int = 6, classes: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    """Of a student, that learns, and of a teacher; and classes. float64."""
    made = torch.Generator().manual_seed(seed)
    student, teacher = (3 * torch.randn(rows, classes, generator=made, dtype=torch.float64)
                        for _ in range(2))
    return (student.requires_grad_(), teacher,
            torch.randint(0, classes, (rows,), generator=made))


@pytest.mark.parametrize("kind", KINDS)
def test_a_student_equal_to_its_teacher_has_loss_0_and_no_gradient(kind: str) -> None:
    student, _, classes = logits(0)
    loss = teacher_loss(Schedule(teacher_loss=kind), student, student.detach(), classes.numpy())
    loss.backward()
    assert abs(float(loss.detach())) < 1e-12
    assert float(student.grad.abs().max()) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_a_student_unlike_its_teacher_has_a_positive_loss(kind: str) -> None:
    student, teacher, classes = logits(1)
    schedule = Schedule(teacher_loss=kind)
    assert float(teacher_loss(schedule, student, teacher, classes.numpy()).detach()) > 0.1


@given(st.integers(0, 10 ** 6), st.integers(2, 9))
@settings(max_examples=20, deadline=None)
def test_gradient_at_high_temperature_is_that_of_centred_logits_over_classes(
        seed: int, classes: int) -> None:
    student, teacher, _ = logits(seed, classes=classes)
    kd(student, teacher, 1e7).backward()
    difference = student.detach() - teacher
    centred = difference - difference.mean(-1, keepdim=True)
    assert torch.allclose(student.grad, centred / (classes * len(student)), atol=1e-5)


@given(st.integers(0, 10 ** 6), st.floats(0.5, 8))
@settings(max_examples=20, deadline=None)
def test_kd_is_its_two_decoupled_parts_put_together(seed: int, temperature: float) -> None:
    student, teacher, classes = logits(seed)
    target, others = decoupled(student, teacher, classes, temperature)
    sure = (teacher / temperature).softmax(-1)[torch.arange(len(classes)), classes]
    together = (target + (1 - sure) * others).mean()
    assert torch.allclose(kd(student, teacher, temperature), together, atol=1e-9)


def test_with_two_classes_there_are_no_others_to_follow() -> None:
    student, teacher, classes = logits(3, classes=2)
    assert float(decoupled(student, teacher, classes, 4.0)[1].detach().abs().max()) == 0


def test_kd_is_a_mean_over_rows_and_not_over_classes() -> None:
    student, teacher, _ = logits(4)
    twice = kd(torch.cat([student, student]), torch.cat([teacher, teacher]), 4.0)
    assert torch.allclose(twice, kd(student, teacher, 4.0))
    by_hand = 16 * (teacher / 4).softmax(-1) * ((teacher / 4).log_softmax(-1)
                                               - (student / 4).log_softmax(-1))
    assert torch.allclose(kd(student, teacher, 4.0), by_hand.sum() / len(student))


def test_the_teacher_is_the_target_of_the_divergence_and_not_the_student() -> None:
    # A teacher that is sure and a student that is not: the other direction is unbounded.
    sure, unsure = torch.tensor([[60.0, 0.0]]), torch.zeros(1, 2)
    assert float(kd(unsure, sure, 1.0)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("kind", ["kd", "dkd"])
def test_rows_of_padding_teach_nothing(kind: str) -> None:
    student, teacher, classes = logits(5)
    padded = classes.clone()
    padded[2:] = -100
    schedule = Schedule(teacher_loss=kind)
    assert torch.allclose(teacher_loss(schedule, student, teacher, padded.numpy()),
                          teacher_loss(schedule, student[:2], teacher[:2], classes[:2].numpy()))


def test_rows_in_sequences_are_rows() -> None:
    student, teacher, classes = logits(6)
    flat = teacher_loss(Schedule(teacher_loss="dkd"), student, teacher, classes.numpy())
    folded = teacher_loss(Schedule(teacher_loss="dkd"), student.reshape(2, 3, 5),
                          teacher.reshape(2, 3, 5), classes.reshape(2, 3).numpy())
    assert torch.allclose(flat, folded)


def test_dkd_is_faded_in_and_kd_is_there_from_the_start() -> None:
    dkd, plain = Schedule(teacher_loss="dkd"), Schedule(teacher_loss="kd")
    assert [teacher_share(dkd, done) for done in (0, 1 / 24, 1 / 12, 1)] == pytest.approx(
        [0, 0.45, 0.9, 0.9])
    assert teacher_share(plain, 0) == 0.9


def test_other_numbers_of_classes_are_refused() -> None:
    with pytest.raises(MethodError, match=r"student puts out \[6, 5\] and the teacher \[6, 4\]"):
        teacher_loss(Schedule(teacher_loss="kd"), logits(0)[0], logits(0, classes=4)[1],
                     np.zeros(6, np.int64))


def test_dkd_without_classes_is_refused() -> None:
    student, teacher, _ = logits(0)
    with pytest.raises(MethodError, match=r"dkd, which needs a class for every row.*Use kd or mse"):
        teacher_loss(Schedule(teacher_loss="dkd"), student, teacher, np.zeros((6, 5), np.float32))
