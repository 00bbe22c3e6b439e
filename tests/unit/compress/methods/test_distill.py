"""Distillation: students learn from teachers, and what does not fit is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgec.compress.method import Given, run
from edgec.compress.methods.distill import Distill
from edgec.compress.training.features import FeatureLoss
from edgec.errors import MethodError, ModelError
from edgec.model.execute import TorchGraph
from edgec.model.onnx_file import save_model
from tests.unit.compress.float_models import cnn, from_text
from tests.unit.compress.student.residual import stack
from tests.unit.compress.training.tasks import image_task, row_task

TASK = image_task()
QUICK = Distill(epochs=4, batch=16, learning_rate=3e-2)


def test_a_student_learns_and_the_report_tells_its_size_and_scores() -> None:
    result = run(QUICK, cnn(), Given(task=TASK))
    report = result.report.to_json()
    assert report["scores"][report["kept_epoch"]] > report["scores"][0] + 0.3
    assert report["parameters"][1] < 0.5 * report["parameters"][0]
    assert report["macs"][1] < 0.5 * report["macs"][0]
    assert 0 <= report["teacher_score"] < 0.5


def test_a_student_without_labels_follows_its_teacher() -> None:
    teacher = run(replace(QUICK, width=0.75, teacher_weight=0.0), cnn(), Given(task=TASK)).model
    nonsense = replace(TASK, train=replace(TASK.train, targets=np.zeros(96, np.int64)))
    result = run(replace(QUICK, teacher_weight=1.0, epochs=10), cnn(),
                 Given(task=nonsense, teacher=teacher))
    assert max(result.report.to_json()["scores"]) > 0.6


def test_depth_drops_blocks() -> None:
    result = run(Distill(width=1, depth=0.5, epochs=0), stack(4), Given())
    assert result.report.to_json()["dropped_blocks"] == ("s1", "s3")
    assert len(result.model.graph) == len(stack(4).graph) - 8


def test_a_student_may_be_a_file(tmp_path: Path) -> None:
    save_model(stack(1, seed=5), tmp_path / "student.onnx")
    result = run(Distill(student=str(tmp_path / "student.onnx"), epochs=1), stack(3),
                 Given(task=row_task()))
    assert len(result.model.graph) == len(stack(1).graph)


def test_features_of_the_teacher_itself_cost_nothing() -> None:
    graph = TorchGraph(stack())
    loss = FeatureLoss(stack(), graph, [("s1", "s1")], 1.0, 0)
    values = graph.values({"x": _rows()}, loss.watches())
    assert float(loss.penalty(graph, values, 0.0).detach()) == 0


def test_features_of_another_width_are_mapped_and_the_map_is_learned() -> None:
    graph = TorchGraph(cnn(channels=4))
    loss = FeatureLoss(cnn(channels=8), graph, [("a1", "a1")], 1.0, 0)
    assert [tuple(p.shape) for p in loss.parameters()] == [(8, 16)]


def test_features_become_alike() -> None:
    plain = Distill(width=1, depth=0.5, epochs=6, batch=16, learning_rate=1e-2, teacher_weight=0)
    losses = []
    for features in ((), ("s2=s3",)):
        made = run(replace(plain, features=features, feature_weight=30.0), stack(4),
                   Given(task=row_task())).model
        graph = TorchGraph(made)
        loss = FeatureLoss(stack(4), graph, [("s2", "s3")], 1.0, 0)
        values = graph.values({"x": _rows()}, loss.watches())
        losses.append(float(loss.penalty(graph, values, 0).detach()))
    assert losses[1] < 0.7 * losses[0]


@pytest.mark.parametrize(("options", "message"), [
    ({"width": 0.0}, r"width is 0\.0; it must be above 0 and at most 1"),
    ({"depth": 1.5}, r"depth is 1\.5; it must be from 0 to 1"),
    ({"width": 1.0}, r"the student would be the model itself\. Set one below 1, or name a student"),
    ({"keep": "best"}, r"keep is 'best'; it must be one of first, "),
    ({"init": "zeros"}, r"init is 'zeros'; it must be one of inherit, fresh"),
    ({"feature_weight": -1.0}, r"feature_weight is -1\.0; it must be 0 or more"),
    ({"epochs": 1}, r"there are no labelled samples"),
    ({"features": ("c0=nowhere",)}, r"features names 'nowhere', and the teacher computes no such"),
    ({"features": ("c0=p",)}, r"features pairs c0 \[1, 4, 8, 8\] with p \[1, 8\]: only the"),
])
def test_options_that_cannot_be_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(MethodError, match=message):
        run(Distill(**{"epochs": 0, **options}), cnn(), Given())


def test_depth_without_blocks_is_refused() -> None:
    with pytest.raises(MethodError, match=r"has no residual block that could be left out"):
        run(Distill(depth=0.5, width=1, epochs=0), stack(0), Given())


def test_width_without_channels_is_refused() -> None:
    model = from_text("m (float[1,4] x) => (float[1,4] y) { y = Relu (x) }", {})
    with pytest.raises(MethodError, match=r"no layer of the model can be narrowed"):
        run(Distill(epochs=0), model, Given())


@pytest.mark.parametrize(("teacher", "message"), [
    (cnn(), r"student takes x: float32\[1, 4\] and the teacher x: float32\[1, 3, 8, 8\]"),
    (from_text("m (float[1,4] x) => (float[1,2] y) { y = MatMul (x, w) }",
               {"w": np.zeros((4, 2), np.float32)}),
     r"student puts out \[1, 3\] and the teacher \[1, 2\]\. Both must have the same outputs"),
])
def test_a_teacher_that_does_not_fit_is_refused(teacher: object, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        run(Distill(epochs=0, width=1, depth=0.5), stack(), Given(teacher=teacher))


def test_a_student_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match="nowhere"):
        run(Distill(student="nowhere.onnx"), stack(), Given(task=row_task()))


def _rows() -> object:
    import torch

    return torch.from_numpy(row_task().train.inputs["x"])
