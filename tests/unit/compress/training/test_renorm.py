"""Statistics of batch normalization, measured anew."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.hashes import model_sha256
from edgec.compress.method import Given
from edgec.compress.training.renorm import renormalized
from edgec.compress.training.score import score_model
from tests.unit.compress.trained import task, trained, untrained


def test_they_are_the_mean_over_batches_of_what_reaches_the_layer() -> None:
    data = task(256)
    made = renormalized(untrained(), Given(task=data))
    images = data.train.inputs["x"]
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1))).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    weight = untrained().graph.initializers["w0"].const_value
    assert weight is not None
    values = np.einsum("nchwij,ocij->nohw", windows, weight.numpy())
    halves = values.reshape(4, 64, *values.shape[1:])
    for name, expected in (("n0m", values.mean((0, 2, 3))),
                           ("n0v", halves.var((1, 3, 4), ddof=1).mean(0))):
        found = made.graph.initializers[name].const_value
        assert found is not None
        assert found.numpy() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_model_with_spoilt_statistics_is_as_good_as_before() -> None:
    data, model = task(), trained()
    whole = score_model(model, data.validation, data.metric)
    for name in ("n1m", "n2m"):
        value = model.graph.initializers[name]
        assert value.const_value is not None
        value.const_value = type(value.const_value)(value.const_value.numpy() + 3.0, name=name)
    assert score_model(model, data.validation, data.metric) < whole - 0.2
    mended = renormalized(model, Given(task=data))
    assert score_model(mended, data.validation, data.metric) > whole - 0.05


def test_without_samples_nothing_changes() -> None:
    assert model_sha256(renormalized(trained(), Given())) == model_sha256(trained())
