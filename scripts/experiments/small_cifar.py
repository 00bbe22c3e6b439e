"""CIFAR-10 images small: a wide ResNet-20 pruned and quantized, its float self as the teacher.

Validation judges while training, the test images once at the end. BitOps, MACs and bytes are shares
of the float network's; bytes are of the lowered file against the float .onnx file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import onnx_ir as ir

from edgec.compress.chain import Step, run_chain
from edgec.compress.cost import paper_cost
from edgec.compress.method import Given
from edgec.compress.methods.prune import Prune
from edgec.compress.methods.qat import Qat
from edgec.compress.training.score import sample_scores, score_model
from edgec.measure.costs import CostTable
from edgec.measure.price import price_for
from edgec.model.execute import TorchGraph
from edgec.model.load import load_model
from edgec.model.task import Task
from edgec.target.target import load_target
from experiments.command import Command
from experiments.datasets import load_dataset
from experiments.interval import mean_interval
from experiments.results import Results

BATCH = 128


def experiment(arguments: argparse.Namespace) -> None:
    """Stages in OUT/small_cifar/<ratio>_<bits>; a row of costs and accuracy in its .jsonl."""
    task = load_dataset("cifar10", arguments.data, arguments.out / "data")
    path = arguments.out / f"{arguments.net}.onnx"
    model = load_model(path)
    folder = arguments.out / "small_cifar" / f"{arguments.ratio:g}_{arguments.bits}"
    given = Given(task=task.without_test(), teacher=model, seed=arguments.seed,
                  progress=lambda line: print(line, flush=True))
    chain = run_chain(model, steps(arguments), given, folder)
    key = {"ratio": arguments.ratio, "bits": arguments.bits, "seed": arguments.seed,
           "prune_epochs": arguments.prune_epochs, "qat_epochs": arguments.qat_epochs}
    row = Results(arguments.out / "small_cifar.jsonl").get(
        key, lambda: _judged(model, chain.model, path, task))
    print(json.dumps(row, indent=1))


def steps(arguments: argparse.Namespace) -> tuple[Step, ...]:
    """Prune in bfloat16, which trains twice as fast; then train the integers that ship."""
    common: dict[str, Any] = {"batch": BATCH, "teacher_weight": 0.9}
    return (Step("prune", Prune(ratio=arguments.ratio, steps=1, round_to=8, optimizer="sgd",
                                epochs=arguments.prune_epochs, learning_rate=0.1,
                                weight_decay=5e-4, precision="bfloat16", **common)),
            Step("qat", Qat(weight_bits=arguments.bits, epochs=arguments.qat_epochs,
                            learning_rate=1e-3, **common)))


def _judged(before: ir.Model, after: ir.Model, path: Path, task: Task) -> dict[str, Any]:
    """BitOps, MACs, bytes; accuracy in percent, and the change in points with its interval."""
    assert task.test is not None
    whole = paper_cost(before)
    small = price_for(load_target("generic_x86_64"), CostTable())(after)
    scores = [100 * sample_scores(TorchGraph(model, ()), task.test, task.metric)
              for model in (before, after)]
    change = mean_interval(scores[1] - scores[0])
    return {"bit_ops_less": whole.bit_ops / small.bit_ops, "macs_less": whole.macs / small.macs,
            "bytes": small.bytes, "bytes_less": path.stat().st_size / small.bytes,
            "validation": 100 * score_model(after, task.validation, task.metric),
            "float": float(scores[0].mean()), "test": float(scores[1].mean()),
            "change": change.mean, "change_low": change.low, "change_high": change.high}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--net", default="resnet20_wide", help="what train_float wrote to OUT")
    parser.add_argument("--ratio", type=float, default=0.5, help="of the MACs, to prune")
    parser.add_argument("--bits", type=int, default=4, help="of weights")
    parser.add_argument("--prune-epochs", type=float, default=4.0)
    parser.add_argument("--qat-epochs", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)


COMMAND = Command("CIFAR-10 at 60 times fewer BitOps: prune, then train 4 bit weights.",
                  _arguments, experiment)
