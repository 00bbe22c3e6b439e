from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.calibrate import ChannelMaximum, Mean, observe
from edgec.errors import DataError
from tests.unit.compress.float_models import cnn, images


def test_no_batches_is_refused() -> None:
    with pytest.raises(DataError, match="there are no calibration batches"):
        observe(cnn(), [], {"y": [Mean()]})


def test_nan_in_the_data_is_refused_with_its_place() -> None:
    data = images(3)
    data[1]["x"][0, 0, 0, 0] = np.nan
    with pytest.raises(DataError, match=r"batch 1 has 1 of 192 values .* in tensor 'x'"):
        observe(cnn(), data, {"y": [Mean()]})


def test_overflow_inside_the_float_model_is_refused_with_the_tensor() -> None:
    data = [{"x": np.full((1, 3, 8, 8), 3e38, np.float32)}]
    with pytest.raises(DataError, match=r"the float model, run on batch 0.* in tensor 's'"):
        observe(cnn(), data, {"s": [Mean()]})


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(DataError, match="cannot run the model on this input"):
        observe(cnn(), images(1, shape=(1, 3, 9, 8)), {"y": [Mean()]})


def test_channel_maximum_is_the_largest_of_all_batches() -> None:
    data = images(5)
    maximum = ChannelMaximum(1)
    observe(cnn(), data, {"x": [maximum]})
    expected = np.abs(np.concatenate([d["x"] for d in data])).max(axis=(0, 2, 3))
    assert np.array_equal(maximum.largest, expected)


def test_means_are_kept_apart_by_shape_and_weighted_by_samples() -> None:
    mean = Mean()
    for values in (np.ones((2, 3)), np.full((1, 3), 4.0), np.zeros((1, 5))):
        mean.add(values.astype(np.float32))
    assert [(m.tolist(), n) for m, n in mean.means()] == [([[2, 2, 2]], 3), ([[0] * 5], 1)]
