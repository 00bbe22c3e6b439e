"""The data of the experiments as tasks: train, validation out of train, test, augmentation.

Files (`--data DIR`): cifar10_jpeg_train.npz and cifar10_jpeg_test.npz with `jpeg` (all bytes),
`offset` [n + 1], `label` [n]; speech_commands_mfcc.npz with train_x [n, 49, 10], train_y, test_x,
test_y, classes. Everything is scaled with the mean and deviation of the training split.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.atomic import write_file
from edgec.demo.cases import watch
from edgec.errors import DataError, UnknownName
from edgec.model.task import Samples, Task, split

Array = npt.NDArray[Any]
VALIDATION, SEED = 0.1, 0
SHIFT_PIXELS, SHIFT_FRAMES = 4, 5


def cifar10(data: Path, cache: Path) -> Task:
    """Input `image`, float32 [n, 3, 32, 32]: 45000, 5000 and 5000 images of ten classes.

    Decoded once, into `cache`; processes share the memory of what is read from there.
    """
    names = [f"cifar10_{part}.npy" for part in ("train_x", "train_y", "test_x", "test_y")]
    if not all((cache / name).is_file() for name in names):
        _decode_cifar10(data, cache, names)
    pixels, labels, test_pixels, test_labels = (np.load(cache / n, mmap_mode="r") for n in names)
    taught = len(pixels) - round(VALIDATION * len(pixels))
    return Task(Samples({"image": pixels[:taught]}, np.asarray(labels[:taught])),
                Samples({"image": pixels[taught:]}, np.asarray(labels[taught:])),
                Samples({"image": test_pixels}, np.asarray(test_labels)),
                augment=shift_and_flip)


def keywords(data: Path, cache: Path) -> Task:
    """Input `features`, float32 [n, 1, 49, 10]: Speech Commands, twelve classes."""
    stored = _open(data / "speech_commands_mfcc.npz")
    train, held_out = split(Samples({"features": stored["train_x"]}, stored["train_y"]),
                            VALIDATION, SEED)
    mean, deviation = (f(train.inputs["features"], (0, 1)) for f in (np.mean, np.std))

    def scaled(samples: Samples) -> Samples:
        x = (samples.inputs["features"] - mean) / deviation
        return Samples({"features": x[:, None].astype(np.float32)}, samples.targets)

    test = Samples({"features": stored["test_x"]}, stored["test_y"])
    return Task(scaled(train), scaled(held_out), scaled(test), augment=shift_in_time,
                classes=tuple(stored["classes"].tolist()))


def wrist(data: Path, cache: Path) -> Task:
    """Input `window`, float32 [n, 6, 128, 1]: the smartwatch recordings of the demo."""
    return replace(watch.task(), augment=None)


DATASETS: Mapping[str, Callable[[Path, Path], Task]] = {
    "cifar10": cifar10, "keywords": keywords, "wrist": wrist}


def load_dataset(name: str, data: Path, cache: Path) -> Task:
    """The task called `name`; UnknownName lists the known ones."""
    if name not in DATASETS:
        raise UnknownName("dataset", name, DATASETS)
    return DATASETS[name](data, cache)


def labelled_share(task: Task, share: float, seed: int) -> Task:
    """The task with a share of its training samples, of every class alike, chosen by `seed`."""
    return task if share >= 1 else replace(task, train=split(task.train, share, seed)[1])


def shift_and_flip(arrays: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Moves each image by up to 4 pixels, zeros beyond the edge, and mirrors half of them."""
    images = arrays["image"]
    n, _, height, width = images.shape
    p = SHIFT_PIXELS
    padded = np.pad(images, ((0, 0), (0, 0), (p, p), (p, p)))
    moved = np.empty_like(images)
    down, right = rng.integers(0, 2 * p + 1, (2, n))
    mirrored = rng.integers(0, 2, (n,))
    for i in range(n):
        crop = padded[i, :, down[i]:down[i] + height, right[i]:right[i] + width]
        moved[i] = crop[:, :, ::-1] if mirrored[i] else crop
    return {**arrays, "image": moved}


def shift_in_time(arrays: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Moves each recording by up to 5 frames, edges repeated, with noise of a tenth deviation."""
    features = arrays["features"]
    frames = np.arange(features.shape[2])
    offsets = rng.integers(-SHIFT_FRAMES, SHIFT_FRAMES + 1, len(features))
    chosen = np.clip(frames + offsets[:, None], 0, len(frames) - 1)
    moved = np.take_along_axis(features, chosen[:, None, :, None], 2)
    noise = rng.standard_normal(moved.shape, np.float32)
    return {**arrays, "features": moved + np.float32(0.1) * noise}


def _decode_cifar10(data: Path, cache: Path, names: list[str]) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    pixels, labels = _decoded(data / "cifar10_jpeg_train.npz")
    order = np.random.default_rng(SEED).permutation(len(pixels))
    pixels, labels = pixels[order], labels[order]
    taught = pixels[:len(pixels) - round(VALIDATION * len(pixels))]
    mean, deviation = (f(taught, (0, 2, 3), np.float64, keepdims=True).astype(np.float32)
                       for f in (np.mean, np.std))
    test_pixels, test_labels = _decoded(data / "cifar10_jpeg_test.npz")
    for name, array in zip(names, ((pixels - mean) / deviation, labels,
                                   (test_pixels - mean) / deviation, test_labels), strict=True):
        stored = io.BytesIO()
        np.save(stored, array)
        write_file(cache / name, stored.getvalue())


def _decoded(path: Path) -> tuple[Array, Array]:
    """uint8 [n, 3, 32, 32] and int64 [n]."""
    from PIL import Image

    stored = _open(path)
    raw, offset = stored["jpeg"].tobytes(), stored["offset"]
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(raw[a:b])))
                       for a, b in itertools.pairwise(offset)])
    return pixels.transpose(0, 3, 1, 2), stored["label"].astype(np.int64)


def _open(path: Path) -> Mapping[str, Array]:
    if not path.is_file():
        raise DataError(f"{path} is missing. Give the folder that holds it with --data.")
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)
