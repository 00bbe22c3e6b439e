"""Corruptions of inputs, scores of classes, and the composite score."""

import numpy as np
import pytest

from edgec.compress.cost import Cost, Latency
from edgec.measure.composite import composite
from edgec.measure.robustness import class_scores, corrupted, corruptions
from edgec.model.task import Samples


def samples(*shape: int) -> Samples:
    rng = np.random.default_rng(1)
    return Samples({"x": rng.normal(2, 3, shape).astype(np.float32)}, np.zeros(shape[0], np.int64))


IMAGES, SIGNALS = samples(40, 3, 16, 16), samples(40, 6, 128, 1)


@pytest.mark.parametrize("given", [IMAGES, SIGNALS], ids=["images", "signals"])
def test_every_corruption_keeps_shape_type_and_is_the_same_for_a_seed(given: Samples) -> None:
    for corrupt in corruptions(given).values():
        first, second = (corrupted(given, corrupt, 5).inputs["x"] for _ in range(2))
        assert first.shape == given.inputs["x"].shape
        assert first.dtype == np.float32
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, given.inputs["x"])


def test_the_task_may_say_that_what_looks_like_an_image_is_a_signal() -> None:
    assert list(corruptions(IMAGES, "signal")) == list(corruptions(SIGNALS))
    assert list(corruptions(SIGNALS, "image")) == list(corruptions(IMAGES))


@pytest.mark.parametrize("decibel", [20, 10])
def test_noise_has_the_power_that_its_name_says(decibel: int) -> None:
    x = SIGNALS.inputs["x"]
    noise = corrupted(SIGNALS, corruptions(SIGNALS)[f"noise {decibel} dB"], 0).inputs["x"] - x
    assert 10 * np.log10((x ** 2).mean() / (noise ** 2).mean()) == pytest.approx(decibel, abs=0.3)


def test_blur_keeps_a_flat_image() -> None:
    flat = Samples({"x": np.full((2, 3, 8, 8), 1.5, np.float32)}, np.zeros(2, np.int64))
    np.testing.assert_allclose(corrupted(flat, corruptions(flat)["blur"], 0).inputs["x"], 1.5)


def test_a_shift_moves_along_time_by_at_most_a_tenth_and_brings_zeros() -> None:
    ramp = np.tile(np.arange(1, 101, dtype=np.float32)[:, None], (20, 2, 1, 1)).reshape(20, 2, 100)
    moved = corrupted(Samples({"x": ramp}, np.zeros(20, np.int64)),
                      corruptions(Samples({"x": ramp}, np.zeros(20)))["shift"], 0).inputs["x"]
    by = np.where(moved == 0, 0, moved - ramp)
    assert np.abs(by).max() == 10
    assert all(len(set(row[row != 0])) <= 1 for row in by.reshape(20, -1))


def test_words_are_not_corrupted() -> None:
    assert corruptions(Samples({"ids": np.zeros((4, 9), np.int64)}, np.zeros(4))) == {}


def test_scores_of_classes_are_their_means() -> None:
    found = class_scores(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0, 0, 2, 2]))
    assert found == {0: 0.5, 2: 1.0}


def test_halving_one_axis_is_worth_one_whatever_its_unit() -> None:
    old = Cost(1, 1, 1, bytes=4000, latency=Latency(8.0, 1, 0, 0))
    by_bytes = composite(old, Cost(1, 1, 1, bytes=2000, latency=Latency(8.0, 1, 0, 0)))
    by_time = composite(old, Cost(1, 1, 1, bytes=4000, latency=Latency(4.0, 1, 0, 0)))
    assert by_bytes.total == by_time.total == 1.0


def test_a_model_that_breaks_a_limit_has_no_score() -> None:
    assert composite(Cost(1, 1, 1, 2), Cost(1, 1, 1, 1), ("drop 0.1, at most 0.01",)).total is None
