"""EfficientNet-Lite0's 1x1 convolutions with three of four blocks zero: accuracy and real speed.

Half of the photographs calibrate, solve and teach (the float network is the teacher), half are only
looked at.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
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
from edgec.model.torch_export import export_module
from edgec.pipeline import lower_model
from edgec.target.target import load_target
from experiments.alternating import median_ratio
from experiments.command import Command
from experiments.photographs import Images, Views, as_task, load_images
from experiments.progress import say

Array = npt.NDArray[Any]
ONE_SHOT = {"magnitude": {"criterion": "magnitude", "update": "none"},
            "wanda": {"criterion": "wanda", "update": "none"},
            "sparsegpt": {"criterion": "obs", "update": "sparsegpt"},
            "least squares": {"criterion": "obs", "update": "lstsq"}}


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
    given = Given(data=Views(teach, 1), target=load_target(arguments.target), progress=say)
    layers = tuple(layer.name for layer in find_layers(model)[0]
                   if static_shape(model.graph.initializers[layer.weight])[2:] == (1, 1))
    method = Sparsify(sparsity=arguments.sparsity, pattern=arguments.pattern, include=layers,
                      epochs=0, within=arguments.within, stages=1)
    for name in arguments.ways:
        way = Sparsify.from_options({**asdict(method), **ONE_SHOT[name]})
        judge.add(name, kept(arguments.out / f"{name.replace(' ', '_')}.onnx",
                             partial(_model_of, way, model, given)))
    staged = replace(method, stages=arguments.stages, update=arguments.update)
    seen = replace(given, data=Views(teach, arguments.views))
    sparse = kept(arguments.out / "solved.onnx", partial(_model_of, staged, model, seen))
    judge.add(f"{arguments.update}, {arguments.views} views, {arguments.stages or 'all'} stages",
              sparse)
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
    """Sparse in steps, each solved and then trained after the outputs of the float network."""
    task = as_task(images, None, arguments.watch)
    way = replace(method, steps=arguments.steps, epochs=arguments.epochs, batch=20,
                  learning_rate=arguments.learning_rate, teacher_weight=1.0, mix=True,
                  temperature=arguments.temperature, weight_decay=0.0)
    return run(way, model, replace(given, task=task, teacher=model)).model


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


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="generic_x86_64")
    parser.add_argument("--pattern", default="auto")
    parser.add_argument("--sparsity", type=float, default=0.75)
    parser.add_argument("--within", default="layer")
    parser.add_argument("--ways", nargs="*", choices=list(ONE_SHOT), default=list(ONE_SHOT))
    parser.add_argument("--update", default="lstsq", help="of weights, in the last rows")
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--stages", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1, help="of removal, with the epochs shared")
    parser.add_argument("--epochs", type=float, default=20.0)
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--temperature", type=float, default=2.0)
    parser.add_argument("--watch", type=int, default=50, help="images that an epoch is judged by")
    parser.add_argument("--rounds", type=int, default=9, help="of timing; 0: none")


COMMAND = Command("Accuracy and speed of block-sparse EfficientNet-Lite0.", _arguments, experiment)
