"""A user's own samples for a measurement: what files are taken, and how answers are scored."""

from pathlib import Path

import numpy as np
import pytest

from edgec.errors import DataError
from edgec.format.bundle import Port
from edgec.measure.own_data import OwnData, judge, read_own_data

X = np.arange(12, dtype=np.float32).reshape(3, 4)
Y = np.array([1, 0, 1])
PORTS = (Port("image", "f32", (1, 4)),)


def saved(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


@pytest.mark.parametrize("names", [("x", "y"), ("image", "y"), ("test_x", "test_y"),
                                   ("validation_image", "validation_y")])
def test_plain_arrays_and_those_of_a_recipe_are_read_alike(tmp_path, names) -> None:
    own = read_own_data(saved(tmp_path, **dict(zip(names, (X, Y), strict=True))), PORTS)
    assert np.array_equal(own.inputs[0], X)
    assert own.labels is not None
    assert np.array_equal(own.labels, Y)
    assert (own.name, own.runs) == ("own.npz", 3)


def test_of_a_recipes_data_the_test_samples_are_taken(tmp_path) -> None:
    path = saved(tmp_path, train_x=X[:1], train_y=Y[:1], validation_x=X[:2], validation_y=Y[:2],
                 test_x=X, test_y=Y)
    assert read_own_data(path, PORTS).runs == 3


def test_labels_may_be_missing(tmp_path) -> None:
    assert read_own_data(saved(tmp_path, x=X), PORTS).labels is None


@pytest.mark.parametrize(("arrays", "message"), [
    ({"x": X, "y": Y[:2]}, "2 labels for 3 samples"),
    ({"x": X, "y": Y / 2}, "the labels y are float64"),
    ({"x": X[:, :3], "y": Y}, r"has the shape \[3, 3\]; the model takes \[1, 4\]"),
    ({"picture": X, "y": Y}, "the model's inputs are image"),
    ({"x": X[:0], "y": Y[:0]}, "0 samples for image"),
])
def test_what_does_not_fit_is_named(tmp_path, arrays, message) -> None:
    with pytest.raises(DataError, match=message):
        read_own_data(saved(tmp_path, **arrays), PORTS)


def test_each_run_is_scored_by_the_output_that_answered_it() -> None:
    own = OwnData("own.npz", (X,), Y, 3)
    end, exit_1 = np.eye(2)[[0, 0, 0]], np.eye(2)[[1, 1, 1]]
    answers = judge(own, (end, exit_1), np.array([1, 0, 0]))
    assert answers.right is not None
    assert answers.right.tolist() == [1, 1, 0]
    assert answers.score == pytest.approx(2 / 3)


def test_labels_for_each_position_score_the_share_of_positions() -> None:
    own = OwnData("own.npz", (X[:1],), np.array([[1, 0]]), 1)
    assert judge(own, (np.eye(2)[[[1, 1]]],), np.zeros(1, int)).score == 0.5


def test_labels_of_another_shape_than_the_answers_are_named() -> None:
    with pytest.raises(DataError, match="6 labels for 3 answers"):
        judge(OwnData("own.npz", (X,), np.stack([Y, Y], 1), 3), (np.eye(2)[Y],), np.zeros(3, int))
