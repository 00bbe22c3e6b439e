"""What criteria of structured pruning are worth: accuracy after the cut and after fine-tuning.

Seeds are paired: each criterion is compared with the first one named, seed by seed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import torch

from edgec import registry
from edgec.compress import criterion as criteria
from edgec.compress.channels.report import PruneReport
from edgec.compress.method import Given, run
from edgec.compress.methods.prune import Prune
from edgec.compress.training.score import score_model
from edgec.examples import watch
from edgec.model.load import load_model, normalize
from edgec.model.task import Task
from edgec.model.torch_export import export_module
from experiments.command import Command
from experiments.datasets import DATASETS, load_dataset
from experiments.interval import mean_interval


def experiment(arguments: argparse.Namespace) -> None:
    """Prints a line per ratio and criterion: mean and deviation over seeds, in percent; behind it
    the difference to the first criterion with its interval of 95 %, in points.
    """
    task = load_dataset(arguments.dataset, arguments.data, arguments.out / "data")
    model, rows = network(arguments.model), []
    assert task.test is not None
    whole = 100 * score_model(model, task.test, task.metric)
    print(f"whole: test {whole:.2f} %")
    for ratio in arguments.ratios:
        for name in arguments.criteria:
            found = [_pruned(model, task, _method(arguments, ratio, name), seed)
                     for seed in range(arguments.seeds)]
            rows.append({"ratio": ratio, "criterion": name, "runs": found})
            (arguments.out / "prune_criteria.json").write_text(json.dumps(rows, indent=1) + "\n")
            columns = {key: [f[key] for f in found] for key in found[0]}
            print(f"{ratio:.0%} of MACs, {name:12s} " + "  ".join(
                f"{key} {np.mean(values):.2f} ± {np.std(values):.2f}"
                for key, values in columns.items()) + _against(rows, ratio), flush=True)


def network(path: Path | None) -> ir.Model:
    """The network to prune: a file, or else the smartwatch's, trained here."""
    if path is not None:
        return load_model(path)
    net = watch.train(watch.load())
    window = torch.zeros(1, watch.CHANNELS, watch.WINDOW, 1)
    return normalize(export_module(net, (window,), "watch"))


def _against(rows: Sequence[Mapping[str, Any]], ratio: float) -> str:
    """Validation and test of the last row against the first one of its ratio."""
    first, last = next(row for row in rows if row["ratio"] == ratio), rows[-1]
    if first is last or len(first["runs"]) < 2:
        return ""
    told = ", ".join(
        f"{key} " + mean_interval([b[key] - a[key] for a, b in
                                   zip(first["runs"], last["runs"], strict=True)]).text()
        for key in ("validation", "test"))
    return f"  against {first['criterion']}: {told}"


def _method(arguments: argparse.Namespace, ratio: float, name: str) -> Prune:
    return Prune(ratio=ratio, criterion=name, steps=arguments.steps, epochs=arguments.epochs,
                 learning_rate=arguments.learning_rate, round_to=arguments.round_to,
                 regularize=arguments.regularize)


def _pruned(model: ir.Model, task: Task, method: Prune, seed: int) -> dict[str, float]:
    """Percent: MACs gone, validation after the last cut, validation and test at the end."""
    assert task.test is not None
    made = run(method, model, Given(task=task, teacher=model, seed=seed))
    report = made.report
    assert isinstance(report, PruneReport)
    last = report.steps[-1]
    return {"gone": 100 * last.gone, "cut": 100 * (last.score_removed or 0.0),
            "validation": 100 * (last.score_trained or 0.0),
            "test": 100 * score_model(made.model, task.test, task.metric)}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=list(DATASETS), default="wrist")
    parser.add_argument("--model", type=Path, help="float ONNX; without it the smartwatch's net")
    parser.add_argument("--ratios", type=float, nargs="+", default=[0.5, 0.75])
    parser.add_argument("--criteria", nargs="+", choices=registry.names(criteria.PACKAGE),
                        default=["taylor", "group_norm", "magnitude", "bn_gamma", "random"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=6.0)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--round-to", type=int, default=4)
    parser.add_argument("--regularize", type=float, default=0.0)


COMMAND = Command("Accuracy of pruned networks by criterion and ratio.", _arguments, experiment)
