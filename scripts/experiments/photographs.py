"""Photographs of an ImageNet sample as data of the experiments: half teaches, half judges.

File (`--data DIR`): imagenet_sample_400.npz with `jpeg` (all bytes), `offset` [n + 1], `label` [n].
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.model.task import Samples, Task

Array = npt.NDArray[Any]
SIZE, SEED = 224, 0


@dataclass(frozen=True)
class Images:
    """pixels: uint8 [n, 256, 256, 3]; labels [n]."""

    pixels: Array
    labels: Array

    def centre(self) -> Array:
        """float32 [n, 3, 224, 224]."""
        edge = (self.pixels.shape[1] - SIZE) // 2
        return scaled(self.pixels[:, edge:edge + SIZE, edge:edge + SIZE])


@dataclass(frozen=True)
class Views:
    """Random crops of images, mirrored half of the time; equal ones each time it is read."""

    images: Images
    each: int

    def __iter__(self) -> Iterator[Mapping[str, Array]]:
        """The centre first, then the others, a run each."""
        centre = self.images.centre()
        yield from ({"image": centre[i:i + 1]} for i in range(len(centre)))
        for number in range(1, self.each):
            rng = np.random.default_rng((SEED, number))
            made = cropped(scaled(self.images.pixels), rng)
            yield from ({"image": made[i:i + 1]} for i in range(len(made)))


def scaled(pixels: Array) -> Array:
    """uint8 [n, h, w, 3] as the network takes it."""
    return np.ascontiguousarray(((pixels.astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2))


def cropped(images: Array, rng: np.random.Generator) -> Array:
    """A random 224 x 224 of each image [n, 3, 256, 256]."""
    top, left = rng.integers(0, images.shape[2] - SIZE + 1, (2, len(images)))
    made = np.stack([image[:, y:y + SIZE, x:x + SIZE]
                     for image, y, x in zip(images, top, left, strict=True)])
    flipped = rng.random(len(images)) < 0.5
    made[flipped] = made[flipped, :, :, ::-1]
    return made


def load_images(folder: Path) -> tuple[Images, Images]:
    """Those that may be looked at, and those that only judge: every other one."""
    from PIL import Image

    stored = np.load(folder / "imagenet_sample_400.npz")
    offset, jpeg = stored["offset"], stored["jpeg"]
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(jpeg[a:b].tobytes())).convert("RGB"))
                       for a, b in itertools.pairwise(offset)])
    labels = stored["label"].astype(np.int64)
    order = np.random.default_rng(SEED).permutation(len(labels))
    teach, judge = order[::2], order[1::2]
    return Images(pixels[teach], labels[teach]), Images(pixels[judge], labels[judge])


def as_task(teach: Images, test: Images | None, watch: int) -> Task:
    """Teaches by random crops; the first `watch` of its images validate."""

    def augment(arrays: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
        return {"image": cropped(arrays["image"], rng)}

    def centred(images: Images, count: int | None = None) -> Samples:
        return Samples({"image": images.centre()[:count]}, images.labels[:count])

    return Task(Samples({"image": scaled(teach.pixels)}, teach.labels), centred(teach, watch),
                None if test is None else centred(test), augment=augment)
