"""Fine-tuning learns, keeps what it promises to keep, and refuses what cannot work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from edgec.compress.method import Given
from edgec.compress.training.finetune import Trained, finetune
from edgec.compress.training.hook import Hook
from edgec.compress.training.schedule import Schedule
from edgec.compress.training.score import score_model
from edgec.errors import DataError, MethodError
from edgec.model.execute import TorchGraph
from edgec.model.task import Samples, Task
from tests.unit.compress.float_models import cnn
from tests.unit.compress.training.tasks import (
    Mask,
    Penalty,
    Unsettled,
    image_task,
    linear,
    row_task,
)

QUICK = Schedule(epochs=2, batch=16, learning_rate=5e-3)
THOROUGH = replace(QUICK, epochs=4, learning_rate=3e-2)


def trained(schedule: Schedule = QUICK, hooks: tuple[Hook, ...] = (), seed: int = 0,
            task: Task | None = None) -> tuple[TorchGraph, Trained]:
    graph = TorchGraph(cnn())
    return graph, finetune(graph, Given(task=task or image_task(), seed=seed), schedule, hooks)


def weights(graph: TorchGraph) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy().copy() for name, value in graph.weights().items()}


def test_training_raises_the_validation_score() -> None:
    _, result = trained(THOROUGH)
    assert result.score > result.scores[0] + 0.3


def test_score_told_is_the_score_of_the_model_that_is_kept() -> None:
    graph, result = trained()
    task = image_task()
    assert score_model(graph.to_model(), task.validation, task.metric) == result.score


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_equal_seeds_give_equal_weights(precision: str) -> None:
    first, second = (weights(trained(replace(QUICK, precision=precision))[0]) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_other_seeds_give_other_weights() -> None:
    first, second = weights(trained(seed=0)[0]), weights(trained(seed=1)[0])
    assert any(not np.array_equal(first[name], second[name]) for name in first)


def test_a_training_that_only_harms_gives_back_every_weight_and_statistic() -> None:
    good, _ = trained(THOROUGH)
    before = {name: value.clone() for name, value in good.state_dict().items()}
    task = image_task()
    wrong = Samples(task.train.inputs, (task.train.targets + 1) % 5)
    result = finetune(good, Given(task=replace(task, train=wrong)), THOROUGH)
    assert result.kept_epoch == 0
    assert all(torch.equal(value, before[name]) for name, value in good.state_dict().items())


def test_keep_last_keeps_the_last() -> None:
    _, result = trained(replace(QUICK, keep="last"))
    assert result.kept_epoch == 2


def test_unsettled_epochs_are_not_kept_however_good() -> None:
    _, result = trained(replace(QUICK, epochs=4, learning_rate=1e-4), (Unsettled(0.7),))
    assert result.kept_epoch >= 3


def test_where_nothing_settles_the_last_epoch_is_kept() -> None:
    _, result = trained(QUICK, (Unsettled(2.0),))
    assert result.kept_epoch == 2


def test_a_mask_put_on_after_each_step_holds_through_momentum_and_decay() -> None:
    mask = Mask("w1")
    graph, _ = trained(replace(QUICK, weight_decay=0.1), (mask, Unsettled(0.01)))
    weight = graph.weights()["w1"].detach()
    assert float(weight[: len(weight) // 2].abs().max()) == 0
    assert float(weight[len(weight) // 2:].abs().min()) > 0


def test_epochs_may_be_a_fraction() -> None:
    _, result = trained(replace(QUICK, epochs=0.5))
    assert (result.steps, result.samples_seen, len(result.scores)) == (3, 48, 2)


def test_no_epochs_change_nothing() -> None:
    graph, result = trained(replace(QUICK, epochs=0))
    untouched = weights(TorchGraph(cnn()))
    assert result.steps == 0
    assert all(np.array_equal(value, untouched[name]) for name, value in weights(graph).items())


def test_teacher_sees_the_augmented_view_that_the_student_sees() -> None:
    def brighter(arrays: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"x": arrays["x"] + rng.normal(size=arrays["x"].shape).astype(np.float32)}

    # A student that is its teacher, with statistics that stay: only another view makes a loss.
    # Not AdamW, which makes large steps of gradients that are nothing but rounding.
    result = finetune(TorchGraph(cnn()), Given(task=replace(image_task(), augment=brighter),
                                               teacher=cnn()),
                      replace(QUICK, teacher_weight=1.0, freeze_norms=0.0, optimizer="sgd"))
    assert max(result.losses) < 1e-6


def test_frozen_norms_keep_their_statistics() -> None:
    graph, _ = trained(replace(QUICK, freeze_norms=0.0, keep="last"))
    before, after = (g.to_model().graph.initializers["m"].const_value.numpy()
                     for g in (TorchGraph(cnn()), graph))
    assert np.array_equal(before, after)


def test_norms_learn_statistics_of_the_batches() -> None:
    graph, _ = trained(replace(QUICK, keep="last"))
    before, after = (g.to_model().graph.initializers["m"].const_value.numpy()
                     for g in (TorchGraph(cnn()), graph))
    assert not np.allclose(before, after)


def test_a_model_that_ends_in_softmax_trains_like_its_logits() -> None:
    results = []
    for last in ("", "Softmax"):
        graph = TorchGraph(linear(last))
        finetune(graph, Given(task=row_task(), teacher=linear(last, seed=1)),
                 replace(QUICK, keep="last"))
        results.append(graph.weights()["w"].detach().numpy())
    assert np.array_equal(*results)


def test_penalties_see_values_and_are_added() -> None:
    seen = []

    def penalty(values: dict[str, torch.Tensor], done: float) -> torch.Tensor:
        seen.append((done, tuple(values["p"].shape)))
        return values["p"].square().mean() * 100

    _, plain = trained(replace(QUICK, epochs=0.5))
    _, result = trained(replace(QUICK, epochs=0.5), (Penalty(penalty, ("p",)),))
    assert seen == [(0, (16, 8)), (pytest.approx(1 / 3), (16, 8)), (pytest.approx(2 / 3), (16, 8))]
    assert result.losses[0] > plain.losses[0] + 1


def test_progress_tells_every_epoch() -> None:
    lines: list[str] = []
    finetune(TorchGraph(cnn()), Given(task=image_task(), progress=lines.append), QUICK)
    assert [line.split(":")[0] for line in lines] == ["epoch 1 of 2", "epoch 2 of 2"]


def test_a_loss_that_explodes_is_told_with_the_learning_rate() -> None:
    def infinite(values: object, done: float) -> torch.Tensor:
        return torch.tensor(float("inf"))

    with pytest.raises(MethodError, match=r"loss became inf at step 1 of 12\. Lower the learning "
                       r"rate \(now 0\.005\)"):
        trained(QUICK, (Penalty(infinite),))


def test_more_classes_than_outputs_are_refused_before_training() -> None:
    with pytest.raises(DataError, match=r"labels of train go up to class 6 and the model puts out "
                       r"5 classes, 0 to 4"):
        trained(task=image_task(classes=7))


def test_float_labels_for_classes_are_refused() -> None:
    task = image_task()
    floats = replace(task, train=Samples(task.train.inputs,
                                         task.train.targets.astype(np.float32)))
    with pytest.raises(DataError, match=r"labels of train are float32; cross_entropy takes "
                       r"integer classes"):
        trained(task=floats)


def test_targets_of_another_shape_are_refused() -> None:
    task = image_task()
    rows = Samples(task.train.inputs, np.zeros((96, 3), np.float32))
    with pytest.raises(DataError, match=r"labels of the shape \[3\]; the model's output asks for "
                       r"\[5\]"):
        trained(task=replace(task, train=rows, loss="mean_squared_error"))


def test_one_sample_a_step_is_refused_with_batch_normalization() -> None:
    with pytest.raises(MethodError, match=r"a step has 1 sample\. Set batch to 2 or more, or "
                       r"freeze_norms to 0"):
        trained(replace(QUICK, batch=1))


def test_impossible_schedules_are_refused() -> None:
    with pytest.raises(MethodError, match=r"keep is 'first'; it must be one of best, last\."):
        trained(replace(QUICK, keep="first"))


@pytest.mark.parametrize(("change", "message"), [
    ({"epochs": -1}, "epochs is -1; it must be 0 or more."),
    ({"batch": 0}, "batch is 0; it must be 1 or more."),
    ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0."),
    ({"learning_rate": float("nan")}, "learning_rate is nan; it must be above 0."),
    ({"temperature": 0}, "temperature is 0; it must be above 0."),
    ({"teacher_weight": 1.5}, "teacher_weight is 1.5; it must be from 0 to 1."),
    ({"freeze_norms": -1}, "freeze_norms is -1; it must be from 0 to 1."),
    ({"optimizer": "adam"}, "optimizer is 'adam'; it must be one of adamw, sgd."),
    ({"teacher_loss": "l1"}, "teacher_loss is 'l1'; it must be one of auto, kd, dkd, mse."),
    ({"precision": "half"}, "precision is 'half'; it must be one of float32, bfloat16."),
    ({"mix": True}, "mix is true and teacher_weight is 0.9; labels say nothing of mixed samples. "
                    "Set teacher_weight to 1."),
    ({"mix": True, "teacher_weight": 1.0, "teacher_loss": "dkd"},
     "mix is true and teacher_loss is dkd, which needs labels. Set it to kd."),
])
def test_each_wrong_number_is_named(change: dict[str, object], message: str) -> None:
    assert list(replace(Schedule(), **change).problems()) == [message]
