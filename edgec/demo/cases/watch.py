"""The smartwatch model: trained here, judged on people it has never seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgec.demo.case import Case
from edgec.examples import watch
from edgec.model.load import normalize
from edgec.model.torch_export import export_module

CALIBRATION_WINDOWS = 512


def make(progress: Callable[[str], None]) -> Case:
    """Loads the recordings and trains the network (half a minute on one core)."""
    data = watch.load()
    progress(f"train: {len(data.train.x)} windows of six people, validated on a seventh")
    net = watch.train(data, progress=lambda epoch, score: progress(
        f"  epoch {epoch}: {score:.1%} on the validation person"))
    _, example = watch.model()
    chosen = np.random.default_rng(watch.SEED).permutation(len(data.train.x))[:CALIBRATION_WINDOWS]
    return Case("watch", normalize(export_module(net, example)), data.train.x[chosen], data.test.x,
                data.test.y, f"{len(data.test.x)} windows of three people held out")


PLUGIN = make
