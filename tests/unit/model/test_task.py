"""Tasks are checked at the door: what does not fit is told, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.errors import DataError
from edgec.model.data import InputSpec
from edgec.model.task import Samples, Task, load_task, split

ONE = (InputSpec("x", (1, 4), np.dtype(np.float32)),)
TWO = (*ONE, InputSpec("mask", (1, 2), np.dtype(np.int64)))


def arrays(n: int = 12, classes: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"train_x": rng.normal(size=(n, 4)).astype(np.float32),
            "train_y": np.arange(n) % classes}


def saved(folder: Path, **changes: Any) -> str:
    made = {name: a for name, a in (arrays() | changes).items() if a is not None}
    np.savez(folder / "data.npz", **made)
    return str(folder / "data.npz")


def with_a_gap() -> Task:
    return Task(Samples({"x": np.zeros((3, 4), np.float32)}, np.array([0, 1, 3])),
                Samples({"x": np.zeros((1, 4), np.float32)}, np.array([0])))


def not_a_task() -> int:
    return 3


def whole() -> Task:
    samples = Samples({"x": np.zeros((4, 4), np.float32)}, np.array([0, 1, 0, 1]))
    return Task(samples, samples)


def shifted(inputs: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {name: a + np.float32(rng.normal()) for name, a in inputs.items()}


def shortened(inputs: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {"x": inputs["x"][:1]}


def widened(inputs: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {"x": inputs["x"].astype(np.float64)}


def forgotten(inputs: dict[str, Any], rng: np.random.Generator) -> None:
    inputs["x"] += 1


def misnamed(inputs: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {"x": inputs["image"]}


def test_validation_is_taken_out_of_train_when_there_is_none(tmp_path: Path) -> None:
    task = load_task(saved(tmp_path), ONE, validation=0.25)
    assert (len(task.train), len(task.validation), task.test) == (9, 3, None)
    assert task.train.inputs["x"].shape == (9, 4)


def test_all_splits_of_a_file_are_read(tmp_path: Path) -> None:
    x, y = arrays()["train_x"], arrays()["train_y"]
    task = load_task(saved(tmp_path, validation_x=x[:6], validation_y=y[:6], test_x=x[:3],
                           test_y=y[:3]), ONE)
    assert task.test is not None
    assert (len(task.train), len(task.validation), len(task.test)) == (12, 6, 3)


def test_a_method_never_sees_the_test_split(tmp_path: Path) -> None:
    x, y = arrays()["train_x"], arrays()["train_y"]
    assert load_task(saved(tmp_path, test_x=x, test_y=y), ONE).without_test().test is None


def test_several_inputs_have_arrays_of_their_names(tmp_path: Path) -> None:
    task = load_task(saved(tmp_path, train_mask=np.ones((12, 2), np.int64)), TWO)
    assert set(task.train.inputs) == {"x", "mask"}


@given(st.lists(st.integers(2, 20), min_size=1, max_size=6), st.floats(0.01, 0.99),
       st.integers(0, 99))
def test_split_keeps_every_class_on_both_sides_and_every_sample_once(
        counts: list[int], share: float, seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    kept, held = split(Samples({"x": np.arange(len(labels))[:, None]}, labels), share, seed)
    assert set(kept.targets) == set(held.targets) == set(range(len(counts)))
    both = np.concatenate([kept.inputs["x"], held.inputs["x"]])[:, 0]
    assert sorted(both) == list(range(len(labels)))


def test_split_depends_on_nothing_but_its_seed() -> None:
    samples = Samples({"x": np.arange(50)[:, None]}, np.arange(50) % 2)
    first, second, other = (split(samples, 0.3, seed)[1].inputs["x"] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_class_that_is_taught_and_not_judged_is_known_by_name() -> None:
    taught, judged = Samples({}, np.array([0, 1, 2, 3])), Samples({}, np.array([0, 2]))
    assert Task(taught, judged, classes=("a", "b")).unjudged == ("b", "class 3")
    assert Task(taught, taught).unjudged == ()


def test_targets_that_are_no_classes_have_none_unjudged() -> None:
    values = Samples({}, np.array([0.5, 1.5]))
    assert Task(values, values.take(np.array([0]))).unjudged == ()


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_of_nothing_or_all_is_refused(share: float) -> None:
    with pytest.raises(DataError, match=r"must be above 0 and below 1"):
        split(Samples({}, np.zeros(4, np.int64)), share, 0)


@pytest.mark.parametrize(("changes", "message"), [
    ({"train_y": None}, r"has no array train_y: the labels of train\. It has: train_x\."),
    ({"train_x": None}, r"has no array train_x for the model's input 'x'\. It has: train_y\."),
    ({"train_y": np.arange(5)}, r"train: the numbers of samples differ: 12 x, 5 labels"),
    ({"train_y": np.array(["a"] * 12)}, r"train_y is <U1 of the shape \[12\]\. Give one integer"),
    ({"train_y": np.array(3)}, r"train_y is int64 of the shape \[\]\."),
    ({"train_y": np.repeat([0, 1], [11, 1])}, r"class 1 has 1 sample\(s\), so none can be held"),
    ({"train_y": np.repeat([0, 2], 6)}, r"train has no sample of class 1, yet of class 2"),
    ({"train_y": np.repeat([-1, 0], 6)}, r"the class -1 is negative; classes count from 0"),
    ({"train_x": np.full((12, 4), np.nan, np.float32)}, r"input 'x'"),
    ({"train_y": np.full((12, 1), np.inf, np.float32)}, r"targets hold values that are not"),
    ({"train_x": np.zeros((12, 5), np.float32)}, r"the model takes \[1, 4\]"),
    ({"validation_x": np.zeros((2, 4), np.float32), "validation_y": np.array([0, 7])},
     r"validation has samples of class 7, of which train has none"),
    ({"validation_x": np.zeros((0, 4), np.float32), "validation_y": np.zeros(0, np.int64)},
     r"validation holds no samples\. Give at least one"),
])
def test_files_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any],
                                           message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_task(saved(tmp_path, **changes), ONE)


@pytest.mark.parametrize(("options", "message"), [
    ({"loss": "l2"}, r"there is no loss 'l2'\. There are: cross_entropy"),
    ({"metric": "top5"}, r"there is no metric 'top5'\. There are: top1"),
    ({"kind": "words"}, r"there is no kind 'words'\. There are: auto, image, signal"),
    ({"kind": "image"}, r"the kind is image, which asks for inputs \[n, channels, height, width\]"),
])
def test_unknown_names_are_refused_with_the_known_ones(tmp_path: Path, options: dict[str, str],
                                                       message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_task(saved(tmp_path), ONE, **options)


@pytest.mark.parametrize("source", ["file", "callable"])
def test_what_is_said_of_a_task_holds_wherever_it_comes_from(tmp_path: Path, source: str) -> None:
    spec = saved(tmp_path) if source == "file" else f"{__name__}:whole"
    told = {"loss": "mean_squared_error", "metric": "cosine", "kind": "signal"}
    task = load_task(spec, ONE, augment=f"{__name__}:shifted", **told)
    assert {name: getattr(task, name) for name in told} == told
    assert task.augment is not None
    assert task.augment.__name__ == "shifted"


@pytest.mark.parametrize(("augment", "message"), [
    ("shortened", r"given x float32 \[2, 4\] and returned x float32 \[1, 4\]"),
    ("widened", r"given x float32 \[2, 4\] and returned x float64 \[2, 4\]"),
    ("forgotten", r"and returned NoneType\. It must return arrays by the same names"),
    ("misnamed", r"misnamed failed on two samples: KeyError: 'image'"),
    ("nowhere", r"has no callable 'nowhere'")])
def test_an_augmentation_that_does_not_fit_is_refused(tmp_path: Path, augment: str,
                                                      message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_task(saved(tmp_path), ONE, augment=f"{__name__}:{augment}")


def test_a_share_for_validation_is_refused_where_there_are_samples(tmp_path: Path) -> None:
    x, y = arrays()["train_x"], arrays()["train_y"]
    for spec in (saved(tmp_path, validation_x=x, validation_y=y), f"{__name__}:whole"):
        with pytest.raises(DataError, match=r"has validation samples of its own, and a share of"):
            load_task(spec, ONE, validation=0.2)


def test_callables_are_checked_like_files() -> None:
    with pytest.raises(DataError, match=r"train has no sample of class 2, yet of class 3"):
        load_task(f"{__name__}:with_a_gap", ONE)


def test_a_callable_that_makes_no_task_is_refused() -> None:
    with pytest.raises(DataError, match=r"returned int\. It must return an edgec\.model\.task"):
        load_task(f"{__name__}:not_a_task", ONE)


def test_a_model_without_a_batch_of_one_is_refused(tmp_path: Path) -> None:
    wide = (InputSpec("x", (2, 4), np.dtype(np.float32)),)
    with pytest.raises(DataError, match=r"has no batch of one in front"):
        load_task(saved(tmp_path), wide)
