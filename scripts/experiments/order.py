"""The order of methods on a small network and its data: writes a recipe, then runs edgec order."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import torch

from edgec.compress import method
from edgec.compress.order.workers import Here, Processes
from edgec.compress.order.write import write_order
from edgec.examples import watch
from edgec.model.load import load_model, normalize
from edgec.model.onnx_file import save_model
from edgec.model.task import Samples, Task
from edgec.model.torch_export import export_module
from experiments.command import Command
from experiments.datasets import DATASETS, labelled_share, load_dataset

METHODS: Mapping[str, str] = {
    "distill": "width = [0.75, 0.5]\nepochs = {epochs}\nlearning_rate = {rate}",
    "lowrank": "ratio = [0.2, 0.4]",
    "prune": "ratio = [0.3, 0.6]\nepochs = {epochs}\nlearning_rate = {rate}",
    "sparsify": "epochs = {epochs}\nlearning_rate = {rate}",
    "quantize": "",
    "early_exit": "epochs = {epochs}\nlearning_rate = {rate}"}


def experiment(arguments: argparse.Namespace) -> None:
    """Leaves recipe, network and data in OUT/order_DATASET, and there order.html and lock.json."""
    folder = arguments.out / f"order_{arguments.dataset}"
    folder.mkdir(parents=True, exist_ok=True)
    recipe = folder / "recipe.toml"
    if not recipe.is_file():
        task = load_dataset(arguments.dataset, arguments.data, arguments.out / "data")
        _write_data(labelled_share(task, arguments.share, 0), folder / "data.npz")
        save_model(_model(arguments.model), folder / "net.onnx")
        recipe.write_text(_recipe(arguments))
    style = files("edgec.measure").joinpath("report.css").read_text()
    found = write_order(
        recipe, folder, lambda r: Processes(r, arguments.jobs) if arguments.jobs > 1 else Here(),
        lambda done, total, line: print(f"{done} of {total}: {line}", flush=True), style)
    for pair in found["pairs"]:
        effect = pair["effect"]
        print(f"{' before '.join(pair['first'])}: {pair['winner']}"
              + (f", {100 * effect['mean']:+.2f} ({100 * effect['low']:+.2f} to "
                 f"{100 * effect['high']:+.2f})" if effect else f", {pair['error']}"))
    print("order: " + ", ".join(found["order"]))


def _write_data(task: Task, path: Path) -> None:
    arrays: dict[str, Any] = {}
    for name, samples in (("train", task.train), ("validation", task.validation),
                          ("test", task.test)):
        assert isinstance(samples, Samples)
        (arrays[f"{name}_x"],) = samples.inputs.values()
        arrays[f"{name}_y"] = samples.targets
    np.savez(path, **arrays)


def _model(path: Path | None) -> ir.Model:
    """The network to compress: a file, or else the smartwatch's, trained here."""
    if path is not None:
        return load_model(path)
    net = watch.train(watch.load())
    window = torch.zeros(1, watch.CHANNELS, watch.WINDOW, 1)
    return normalize(export_module(net, (window,), "watch"))


def _recipe(arguments: argparse.Namespace) -> str:
    chosen = arguments.methods or [name for name in METHODS if name in method.names()]
    tables = "\n".join(f"[methods.{name}]\n" + METHODS[name].format(
        epochs=arguments.epochs, rate=arguments.learning_rate) + "\n" for name in chosen)
    return (f'model = "net.onnx"\n\n[task]\ndata = "data.npz"\n\n[compare]\n'
            f"seeds = {arguments.seeds}\n\n{tables}")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=list(DATASETS), default="wrist")
    parser.add_argument("--model", type=Path, help="float ONNX; without it the smartwatch's net")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS),
                        help="of the recipe; without it all that are there")
    parser.add_argument("--share", type=float, default=1.0, help="of the training samples")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--jobs", type=int, default=1)


COMMAND = Command("The order of methods, measured for every pair.", _arguments, experiment)
