"""The smartwatch model: trained here, judged on people it has never seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from edgec.demo.case import Case
from edgec.examples import watch
from edgec.lower.graph import Array
from edgec.model.load import normalize
from edgec.model.task import Samples, Task
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
                data.test.y, f"{len(data.test.x)} windows of three people held out",
                f"{__name__}:{task.__name__}")


def task() -> Task:
    """The recordings for a recipe: input `window`, float32 [n, 6, 128, 1], seven classes."""
    data = watch.load()
    train, validation, test = (Samples({"window": part.x.astype(np.float32)}, part.y)
                               for part in (data.train, data.validation, data.test))
    return Task(train, validation, test, augment=_turned, classes=watch.CLASSES)


def _turned(arrays: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    moved = watch.augmented(torch.from_numpy(arrays["window"]), generator)
    return {**arrays, "window": moved.numpy()}


PLUGIN = make
