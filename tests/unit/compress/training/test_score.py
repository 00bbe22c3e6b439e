"""Scores: the same whatever is scored at once."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.training import score
from edgec.model.execute import TorchGraph
from edgec.model.task import Samples
from tests.unit.compress.float_models import cnn


def samples(count: int, *shape: int) -> Samples:
    rng = np.random.default_rng(0)
    return Samples({"x": rng.normal(size=(count, *shape)).astype(np.float32)}, np.arange(count) % 5)


@pytest.mark.parametrize(("shape", "wanted"), [((3, 8, 8), 256), ((3, 224, 224), 6),
                                               ((3, 2048, 2048), 1)])
def test_few_large_samples_are_scored_at_once(shape: tuple[int, ...], wanted: int) -> None:
    assert score.batch_size(samples(1, *shape)) == wanted


def test_scores_do_not_depend_on_how_many_are_scored_at_once(
        monkeypatch: pytest.MonkeyPatch) -> None:
    graph, given = TorchGraph(cnn(), ()), samples(20, 3, 8, 8)
    together = score.sample_scores(graph, given, "top1")
    monkeypatch.setattr(score, "BATCH", 7)
    np.testing.assert_array_equal(score.sample_scores(graph, given, "top1"), together)
