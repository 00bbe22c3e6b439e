"""Chains resume: only what is missing, damaged or changed is done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.chain import Chain, Step, run_chain
from edgec.compress.hashes import data_sha256, model_sha256, task_sha256
from edgec.compress.method import Batch, Compressed, Given
from edgec.compress.methods.distill import Distill
from edgec.compress.methods.finetune import Finetune
from edgec.compress.methods.prune import Prune
from edgec.compress.methods.quantize import Quantize
from edgec.errors import MethodError, UsageError
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from tests.unit.compress.float_models import cnn, images
from tests.unit.compress.training.tasks import image_task

STEPS = (Step("prune", Prune(ratio=0.3, steps=1, epochs=0, criterion="magnitude")),
         Step("finetune", Finetune(epochs=2, batch=16, learning_rate=1e-2)),
         Step("quantize", Quantize()))


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    """The three steps, done in `tmp_path`."""
    return run_chain(cnn(), STEPS, Given(task=image_task()), tmp_path)


def again(folder: Path, given: Given | None = None, steps: tuple[Step, ...] = STEPS,
          model: ir.Model | None = None) -> tuple[Chain, list[bool]]:
    """The chain once more, and of each step whether it was taken from disk."""
    said: list[str] = []
    given = replace(given or Given(task=image_task()), progress=said.append)
    done = run_chain(model or cnn(), steps, given, folder)
    return done, [any(line.startswith(stage.name) and line.endswith(f"found in {folder}")
                      for line in said) for stage in done.stages]


def test_stages_are_files_with_what_was_done_and_what_came_out(chain: Chain,
                                                               tmp_path: Path) -> None:
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [f"{n}.{end}" for n in ("01_prune", "02_finetune", "03_quantize")
                     for end in ("json", "onnx")]
    stored = json.loads((tmp_path / "03_quantize.json").read_text())
    assert stored["sha256"] == chain.stages[-1].sha256
    assert model_sha256(load_model(tmp_path / "03_quantize.onnx")) == stored["sha256"]
    assert stored["score"] == chain.stages[-1].score


def test_a_second_run_takes_everything_from_disk(chain: Chain, tmp_path: Path) -> None:
    done, found = again(tmp_path)
    assert found == [True] * 3
    assert done.stages == chain.stages
    assert model_sha256(done.model) == model_sha256(chain.model)


def test_a_changed_option_runs_again_from_there_on(chain: Chain, tmp_path: Path) -> None:
    steps = (STEPS[0], Step("finetune", Finetune(epochs=2, batch=16, learning_rate=5e-3)), STEPS[2])
    assert again(tmp_path, steps=steps)[1] == [True, False, False]


def test_a_step_that_makes_what_it_made_before_saves_the_later_ones(chain: Chain,
                                                                    tmp_path: Path) -> None:
    (tmp_path / "01_prune.onnx").unlink()
    assert again(tmp_path)[1] == [False, True, True]


@pytest.mark.parametrize("given", [
    Given(task=image_task(), seed=1), Given(task=image_task(seed=1)),
    Given(task=image_task(), data=images(4)), Given(task=image_task(), teacher=cnn(seed=2))])
def test_another_seed_task_data_or_teacher_runs_everything_again(
        chain: Chain, tmp_path: Path, given: Given) -> None:
    assert again(tmp_path, given)[1][0] is False


def test_another_model_runs_everything_again(chain: Chain, tmp_path: Path) -> None:
    assert again(tmp_path, model=cnn(seed=3))[1] == [False] * 3


@pytest.mark.parametrize("damage", [
    lambda raw: b"", lambda raw: raw[: len(raw) // 2], lambda raw: b"[1, 2]", lambda raw: b"\xff"])
@pytest.mark.parametrize("end", ["json", "onnx"])
def test_a_damaged_stage_file_is_made_again(chain: Chain, tmp_path: Path, end: str,
                                            damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"02_finetune.{end}"
    path.write_bytes(damage(path.read_bytes()))
    done, found = again(tmp_path)
    assert found == [True, False, True]
    assert done.stages[-1].sha256 == chain.stages[-1].sha256


def test_a_stage_whose_model_was_replaced_is_made_again(chain: Chain, tmp_path: Path) -> None:
    (tmp_path / "02_finetune.onnx").write_bytes((tmp_path / "01_prune.onnx").read_bytes())
    assert again(tmp_path)[1] == [True, False, True]


@dataclass(frozen=True)
class Killed(Finetune):
    """Is killed in the middle of its work."""

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        raise KeyboardInterrupt


def test_a_chain_killed_in_a_step_goes_on_with_that_step(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        again(tmp_path, steps=(STEPS[0], Step("finetune", Killed()), STEPS[2]))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01_prune.json", "01_prune.onnx"]
    assert again(tmp_path)[1] == [True, False, False]


def test_data_that_can_be_read_once_serves_all_steps(tmp_path: Path) -> None:
    def once() -> Iterator[Batch]:
        yield from images(8)

    steps = (Step("prune", Prune(ratio=0.3, steps=1, epochs=0, criterion="magnitude")), STEPS[2])
    streamed = run_chain(cnn(), steps, Given(data=once()), tmp_path / "a")
    listed = run_chain(cnn(), steps, Given(data=images(8)), tmp_path / "b")
    assert [s.sha256 for s in streamed.stages] == [s.sha256 for s in listed.stages]


def test_without_a_task_there_are_no_scores(tmp_path: Path) -> None:
    done = run_chain(cnn(), STEPS[2:], Given(data=images(8)), tmp_path)
    assert (done.before, done.stages[0].score) == (None, None)


def test_outputs_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    model, task = cnn(), image_task()
    broken = model.graph.initializers["w4"]
    broken.const_value = ir.tensor(np.full((5, 8), np.nan, np.float32), name="w4")
    targets = np.zeros((60, 5), np.float32)
    task = replace(task, metric="negative_squared_error", loss="mean_squared_error",
                   validation=replace(task.validation, targets=targets))
    with pytest.raises(MethodError, match=r"cnn scores nan \(negative_squared_error\) on valid"):
        run_chain(model, STEPS[2:], Given(task=task), tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot make the folder .*file: "):
        run_chain(cnn(), STEPS, Given(task=image_task()), tmp_path / "file")


def test_hashes_tell_what_differs_and_nothing_else() -> None:
    task = image_task()
    assert task_sha256(task) == task_sha256(image_task())
    assert task_sha256(task) != task_sha256(replace(task, metric="log_likelihood"))
    assert task_sha256(task) != task_sha256(replace(task, validation=task.test or task.train))
    assert task_sha256(task) != task_sha256(task.without_test())
    assert data_sha256(images(2)) != data_sha256(images(3))
    assert model_sha256(cnn()) == model_sha256(cnn())
    assert model_sha256(cnn()) != model_sha256(cnn(seed=1))


def test_another_student_in_the_same_file_is_another_step(tmp_path: Path) -> None:
    student = tmp_path / "student.onnx"
    save_model(cnn(1), student)
    steps = (Step("distill", Distill(student=str(student), epochs=0)),)
    again(tmp_path / "out", steps=steps)
    assert again(tmp_path / "out", steps=steps)[1] == [True]
    save_model(cnn(2), student)
    assert again(tmp_path / "out", steps=steps)[1] == [False]
