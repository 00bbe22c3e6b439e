"""Training samples faded into each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgec.compress.exits.training import ExitLoss
from edgec.compress.method import Given
from edgec.compress.training.finetune import finetune
from edgec.compress.training.hook import Hook
from edgec.compress.training.mix import mixed, why_not
from edgec.compress.training.schedule import Schedule
from edgec.errors import MethodError
from edgec.model.execute import TorchGraph
from tests.unit.compress.float_models import cnn
from tests.unit.compress.training.tasks import image_task

MIX = Schedule(epochs=1, batch=16, mix=True, teacher_weight=1.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_mixed_sample_is_a_share_of_itself_and_the_rest_of_one_other() -> None:
    made = mixed({"x": np.eye(50, dtype=np.float32)}, rng())["x"]
    assert made.dtype == np.float32
    assert ((made > 0).sum(1) <= 2).all()
    assert np.allclose(made.sum(1), 1)
    assert (np.diag(made) < 1).sum() > 25


def test_all_inputs_of_a_sample_are_mixed_alike() -> None:
    x = rng().normal(size=(20, 3, 4)).astype(np.float32)
    made = mixed({"a": x, "b": 2 * x[:, 0]}, rng())
    assert np.allclose(2 * made["a"][:, 0], made["b"], atol=1e-6)


def test_teacher_answers_for_the_mixed_sample_that_the_student_sees() -> None:
    # A student that is its teacher, with statistics that stay: only another view makes a loss.
    result = finetune(TorchGraph(cnn()), Given(task=image_task(), teacher=cnn()),
                      replace(MIX, freeze_norms=0.0, optimizer="sgd"))
    assert max(result.losses) < 1e-6


def test_a_student_learns_from_mixed_samples() -> None:
    plain, mix = (finetune(TorchGraph(cnn(seed=1)), Given(task=image_task(), teacher=cnn()),
                           replace(MIX, mix=mix)).losses for mix in (False, True))
    assert np.isfinite(mix).all()
    assert plain != mix


def test_mixing_without_a_teacher_is_refused_before_training() -> None:
    with pytest.raises(MethodError, match=r"mix is true and there is no teacher\. Give one"):
        finetune(TorchGraph(cnn()), Given(task=image_task()), MIX)


@pytest.mark.parametrize(("inputs", "hooks", "message"), [
    ({"ids": np.zeros((2, 3), np.int64)}, [],
     "mix is true and the input 'ids' is int64; only floats can be mixed. Set mix to false."),
    ({"x": np.zeros((2, 3), np.float32)}, [ExitLoss(("e",), "y", None, 0.5, 4.0)],
     "mix is true and the model has early exits, which learn from labels. Set mix to false."),
])
def test_what_cannot_be_mixed_is_named(inputs: dict[str, np.ndarray], hooks: list[Hook],
                                       message: str) -> None:
    assert list(why_not(inputs, True, hooks)) == [message]


def test_floats_with_a_teacher_can_be_mixed() -> None:
    assert not list(why_not({"x": np.zeros((2, 3), np.float32)}, True, [Hook()]))
