"""The options of methods that train."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import onnx_ir as ir
import pytest

from edgec.compress.method import Compressed, Given
from edgec.compress.training.options import TrainingMethod
from edgec.compress.training.schedule import Schedule
from edgec.errors import MissingExtra
from edgec.model.execute import TorchGraph
from tests.unit.compress.float_models import cnn
from tests.unit.compress.training.tasks import image_task


@dataclass(frozen=True)
class Training(TrainingMethod):
    """Only trains."""

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        yield from self.check_training(given)

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        raise AssertionError


def problems(method: Training, given: Given | None = None) -> list[str]:
    return list(method.check(cnn(), given or Given()))


def test_schedule_has_every_option() -> None:
    method = Training(epochs=1, batch=2, learning_rate=3.0, optimizer="sgd", weight_decay=4.0,
                      teacher_weight=0.5, temperature=6.0, teacher_loss="dkd", dkd_beta=7.0,
                      freeze_norms=0.25, precision="bfloat16", mix=True)
    assert method.schedule(9.0) == Schedule(
        9.0, 2, 3.0, 4.0, "sgd", teacher_weight=0.5, temperature=6.0, teacher_loss="dkd",
        dkd_beta=7.0, freeze_norms=0.25, precision="bfloat16", mix=True)


def test_defaults_are_those_of_the_schedule() -> None:
    assert Training().schedule() == Schedule()


def test_epochs_without_labels_are_refused_with_what_to_do() -> None:
    assert problems(Training()) == ["epochs is 3.0 and there are no labelled samples. Give a task, "
                                    "or set epochs to 0."]


def test_no_epochs_need_no_labels() -> None:
    assert problems(Training(epochs=0)) == []


def test_no_epochs_train_nothing() -> None:
    assert Training(epochs=0).finetune(TorchGraph(cnn()), Given(task=image_task())) is None


def test_a_part_of_the_epochs_can_be_trained() -> None:
    trained = Training(epochs=5, batch=32).finetune(TorchGraph(cnn()), Given(task=image_task()),
                                                    epochs=1)
    assert trained is not None
    assert trained.steps == 3


def test_missing_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"fine-tuning needs the package 'torch'.*\[torch\]"):
        problems(Training(), Given(task=image_task()))
