"""What the experiments on real data stand on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from experiments.__main__ import commands, parser
from experiments.datasets import labelled_share, load_dataset, shift_and_flip, shift_in_time
from experiments.interval import mean_interval, t_quantile
from experiments.results import Results

from edgec.errors import DataError, UnknownName
from edgec.model.task import Samples, Task


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(("freedom", "expected"), [(1, 12.706), (2, 4.303), (4, 2.776),
                                                   (30, 2.042), (1000, 1.962)])
def test_quantiles_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert t_quantile(freedom) == pytest.approx(expected, abs=5e-4)


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    draws = rng().normal(3.0, 2.0, (2000, 5))
    held = [m.low <= 3.0 <= m.high for m in map(mean_interval, draws)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_an_interval_around_0_is_called_a_tie() -> None:
    assert mean_interval([-1.0, 1.0, 0.5]).text() == "+0.17 (-2.42 to +2.75) tie"
    assert not mean_interval([1.0, 1.1, 0.9]).tie


def test_results_that_are_there_are_not_run_again_even_after_a_cut_line(tmp_path: Path) -> None:
    path, runs = tmp_path / "r.jsonl", []

    def run() -> dict[str, int]:
        runs.append(1)
        return {"score": len(runs)}

    assert Results(path).get({"seed": 1}, run)["score"] == 1
    with path.open("a") as file:
        file.write('{"seed": 2, "sc')
    again = Results(path)
    assert (again.get({"seed": 1}, run)["score"], again.get({"seed": 2}, run)["score"]) == (1, 2)
    assert Results(path).get({"seed": 2}, run)["score"] == 2


def test_images_move_by_at_most_four_pixels_and_half_are_mirrored() -> None:
    images = np.zeros((200, 1, 32, 32), np.float32)
    images[:, :, 16, 12] = 1
    moved = shift_and_flip({"image": images}, rng())["image"]
    _, _, rows, columns = np.nonzero(moved)
    assert len(rows) == 200
    assert set(rows - 16) == set(range(-4, 5))
    assert set(columns) == set(range(8, 17)) | set(range(15, 24))


def test_recordings_move_by_at_most_five_frames() -> None:
    ramp = np.broadcast_to(np.arange(49, dtype=np.float32)[:, None], (1, 49, 10))
    moved = shift_in_time({"features": np.repeat(ramp[None], 100, 0)}, rng())["features"]
    offsets = np.round(moved[:, 0, 24, :].mean(1) - 24)
    assert set(offsets) == set(range(-5, 6))


@pytest.mark.parametrize("augment", [shift_and_flip, shift_in_time])
def test_augmentation_depends_on_its_generator_only(augment: object) -> None:
    arrays = {"image": np.ones((4, 3, 32, 32), np.float32),
              "features": np.ones((4, 1, 49, 10), np.float32)}
    first, second = (augment(arrays, rng()) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in arrays)


def test_a_share_of_labels_leaves_validation_and_test_alone() -> None:
    samples = Samples({"x": np.zeros((100, 1))}, np.arange(100) % 5)
    few = labelled_share(Task(samples, samples, samples), 0.1, 0)
    assert np.bincount(few.train.targets).tolist() == [2] * 5
    assert len(few.validation) == len(few.test) == 100


def test_missing_data_and_unknown_names_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"speech_commands_mfcc\.npz is missing\. Give the folder"):
        load_dataset("keywords", tmp_path, tmp_path)
    with pytest.raises(UnknownName, match="no dataset named 'mnist'"):
        load_dataset("mnist", tmp_path, tmp_path)


def test_every_experiment_is_a_command_that_explains_itself() -> None:
    assert {"train_float", "kd_gain"} <= commands().keys()
    assert all(command.summary.endswith(".") for command in commands().values())
    assert parser().parse_args(["kd_gain", "--seeds", "2"]).seeds == 2
