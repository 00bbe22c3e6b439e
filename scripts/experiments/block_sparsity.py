"""EfficientNet-Lite0's 1x1 convolutions with three of four blocks zero: accuracy and real speed.

Images (`--data DIR`): imagenet_sample_400.npz with `jpeg` (all bytes), `offset` [n + 1], `label`.
Half of them calibrate, solve and teach (the float network is the teacher), half are only looked at.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.compress.method import Given, Method, run
from edgec.compress.methods.quantize import Quantize
from edgec.compress.methods.sparsify import Sparsify
from edgec.compress.sparsity.layers import find_layers
from edgec.examples import efficientnet_lite0
from edgec.model.inspect import static_shape
from edgec.model.load import load_model, normalize
from edgec.model.onnx_file import save_model
from edgec.model.onnxruntime import Runner
from edgec.model.rewrite import rewrite
from edgec.model.task import Samples, Task
from edgec.model.torch_export import export_module
from edgec.pipeline import lower_model
from edgec.target.target import load_target
from experiments.alternating import median_ratio
from experiments.command import Command

Array = npt.NDArray[Any]
SIZE, SEED = 224, 0
ONE_SHOT = {"magnitude": {"criterion": "magnitude", "update": "none"},
            "wanda": {"criterion": "wanda", "update": "none"},
            "sparsegpt": {"criterion": "obs", "update": "sparsegpt"},
            "least squares": {"criterion": "obs", "update": "lstsq"}}


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


class Judge:
    """Top-1 and agreement with the float network on the images that only judge."""

    def __init__(self, model: ir.Model, images: Images, path: Path) -> None:
        self.path = path
        self.inputs, self.labels = images.centre(), images.labels
        self.whole = self._classes(model)
        self.rows: list[dict[str, Any]] = []

    def add(self, name: str, model: ir.Model, **more: object) -> None:
        """Prints a row: percent right, percent as the float network says."""
        found = self._classes(model)
        self.rows.append({"name": name, "top1": 100 * float(np.mean(found == self.labels)),
                          "agreement": 100 * float(np.mean(found == self.whole)), **more})
        self.path.write_text(json.dumps(self.rows, indent=1) + "\n")
        print(json.dumps(self.rows[-1]), flush=True)

    def _classes(self, model: ir.Model) -> Array:
        runner = Runner(model, optimize=True, threads=1)
        return np.array([int(next(iter(runner.run({"image": x[None]}).values())).argmax())
                         for x in self.inputs])


def experiment(arguments: argparse.Namespace) -> None:
    """Prints a row for each way; block_sparsity.json and the models are kept in --out."""
    teach, test = load_images(arguments.data)
    model = rewrite(normalize(export_module(*efficientnet_lite0.model())), ("fold_batch_norm",))
    judge = Judge(model, test, arguments.out / "block_sparsity.json")
    judge.add("float", model)
    given = Given(data=Views(teach, 1), target=load_target(arguments.target), progress=tell)
    layers = tuple(layer.name for layer in find_layers(model)[0]
                   if static_shape(model.graph.initializers[layer.weight])[2:] == (1, 1))
    method = Sparsify(sparsity=arguments.sparsity, pattern=arguments.pattern, include=layers,
                      epochs=0, within=arguments.within, stages=1)
    for name in arguments.ways:
        way = Sparsify.from_options({**asdict(method), **ONE_SHOT[name]})
        judge.add(name, kept(arguments.out / f"{name.replace(' ', '_')}.onnx",
                             partial(_model_of, way, model, given)))
    staged = replace(method, stages=arguments.stages)
    seen = replace(given, data=Views(teach, arguments.views))
    sparse = kept(arguments.out / "solved.onnx", partial(_model_of, staged, model, seen))
    judge.add(f"least squares, {arguments.views} views, {arguments.stages or 'all'} stages", sparse)
    if arguments.epochs:
        sparse = kept(arguments.out / "taught.onnx",
                      lambda: _taught(model, staged, teach, seen, arguments))
        judge.add(f"in {arguments.steps} steps with {arguments.epochs:g} epochs after the float "
                  "network", sparse)
    _int8(arguments, judge, {"dense": model, "sparse": sparse}, given)


def _model_of(method: Method, model: ir.Model, given: Given) -> ir.Model:
    return run(method, model, given).model


def kept(path: Path, make: Callable[[], ir.Model]) -> ir.Model:
    """The model in the file, made and written there first when it is not there."""
    if not path.is_file():
        save_model(make(), path)
    return load_model(path)


def _taught(model: ir.Model, method: Sparsify, images: Images, given: Given,
            arguments: argparse.Namespace) -> ir.Model:
    """Sparse in steps, each solved and then trained on mixed random crops after the outputs of the
    float network alone (Beyer et al. 2022, arXiv 2106.05237)."""
    train = Samples({"image": scaled(images.pixels)}, images.labels)
    few = Samples({"image": images.centre()[:arguments.watch]}, images.labels[:arguments.watch])
    task = Task(train, few, augment=lambda arrays, rng: {
        "image": mixed(cropped(arrays["image"], rng), rng)})
    way = replace(method, steps=arguments.steps, epochs=arguments.epochs, batch=20,
                  learning_rate=arguments.learning_rate, teacher_weight=1.0,
                  temperature=arguments.temperature, weight_decay=0.0)
    return run(way, model, replace(given, task=task, teacher=model)).model


def mixed(images: Array, rng: np.random.Generator) -> Array:
    """Each image faded into another one of the batch, by a share drawn from 0 to 1."""
    share = rng.random((len(images), 1, 1, 1), np.float32)
    return share * images + (1 - share) * images[rng.permutation(len(images))]


def _int8(arguments: argparse.Namespace, judge: Judge, models: Mapping[str, ir.Model],
          given: Given) -> None:
    """Both quantized, lowered, and timed in turns."""
    target, bundles = load_target(arguments.target), {}
    for name, model in models.items():
        quantized = kept(arguments.out / f"{name}_int8.onnx",
                         partial(_model_of, Quantize(), model, given))
        bundle, placed = lower_model(quantized, arguments.out / name, name=name, target=target)
        judge.add(f"{name}, int8", quantized, bytes=bundle.artifact_path.stat().st_size,
                  sparse_layers=sum(p.weights.startswith("sparse") for p in placed))
        bundles[name] = bundle.artifact_path
    if arguments.rounds:
        told = median_ratio(bundles["dense"], bundles["sparse"], arguments.rounds)
        print(f"time of dense int8 over sparse int8: {told.text()}", flush=True)


def tell(line: str) -> None:
    """Progress."""
    print(line, flush=True)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="generic_x86_64")
    parser.add_argument("--pattern", default="auto")
    parser.add_argument("--sparsity", type=float, default=0.75)
    parser.add_argument("--within", default="layer")
    parser.add_argument("--ways", nargs="*", choices=list(ONE_SHOT), default=list(ONE_SHOT))
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--stages", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1, help="of removal, with the epochs shared")
    parser.add_argument("--epochs", type=float, default=20.0)
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--temperature", type=float, default=2.0)
    parser.add_argument("--watch", type=int, default=50, help="images that an epoch is judged by")
    parser.add_argument("--rounds", type=int, default=9, help="of timing; 0: none")


COMMAND = Command("Accuracy and speed of block-sparse EfficientNet-Lite0.", _arguments, experiment)
