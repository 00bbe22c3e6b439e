"""What ways to make a network block-sparse are worth: accuracy after the cut and after training."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Given, run
from edgec.compress.methods.sparsify import Sparsify
from edgec.compress.training.score import score_model
from edgec.model.task import Task
from edgec.target.target import load_target
from experiments.command import Command
from experiments.datasets import DATASETS, load_dataset
from experiments.prune_criteria import network

WAYS = ("magnitude+none", "wanda+none", "taylor+none", "movement+none", "wanda+sparsegpt",
        "obs+sparsegpt", "wanda+lstsq", "obs+lstsq")


def experiment(arguments: argparse.Namespace) -> None:
    """Prints a line per way: test accuracy, mean and deviation over seeds, in percent."""
    task = load_dataset(arguments.dataset, arguments.data, arguments.out / "data")
    model, rows = network(arguments.model), []
    assert task.test is not None
    print(f"whole: test {100 * score_model(model, task.test, task.metric):.2f} %")
    for pattern in arguments.patterns:
        for way in arguments.ways:
            criterion, update = way.split("+")
            method = Sparsify(pattern=pattern, sparsity=arguments.sparsity, criterion=criterion,
                              update=update, epochs=arguments.epochs, steps=arguments.steps,
                              learning_rate=arguments.learning_rate, within=arguments.within,
                              stages=arguments.stages)
            found = [_test_score(method, model, task, seed, arguments.target)
                     for seed in range(arguments.seeds)]
            rows.append({"pattern": pattern, "way": way, "test": found})
            (arguments.out / "sparse_ways.json").write_text(json.dumps(rows, indent=1) + "\n")
            print(f"{pattern:12s} {way:16s} test {np.mean(found):.2f} ± {np.std(found):.2f}",
                  flush=True)


def _test_score(method: Sparsify, model: ir.Model, task: Task, seed: int, target: str) -> float:
    """Percent."""
    assert task.test is not None
    made = run(method, model, Given(task=task, teacher=model, seed=seed,
                                    target=load_target(target)))
    return 100 * score_model(made.model, task.test, task.metric)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=list(DATASETS), default="wrist")
    parser.add_argument("--model", type=Path, help="float ONNX; without it the smartwatch's net")
    parser.add_argument("--target", default="generic_x86_64")
    parser.add_argument("--sparsity", type=float, default=0.75)
    parser.add_argument("--patterns", nargs="+", default=["4x8"])
    parser.add_argument("--within", default="layer")
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--stages", type=int, default=0)
    parser.add_argument("--epochs", type=float, default=0.0)
    parser.add_argument("--learning-rate", type=float, default=2e-3)


COMMAND = Command("Accuracy of block-sparse networks by criterion and update.", _arguments,
                  experiment)
