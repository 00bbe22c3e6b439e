"""What a teacher is worth: a narrow DS-CNN for keywords with a tenth of the samples, paired seeds.

The teacher is the network that train_float wrote. Students have a quarter of its channels and start
fresh; each seed picks other samples and other weights, the same for every way of teaching.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from edgec.compress.method import Given, run
from edgec.compress.methods.distill import Distill
from edgec.compress.training.score import score_model
from edgec.model.load import load_model
from experiments.command import Command
from experiments.datasets import labelled_share, load_dataset
from experiments.interval import mean_interval
from experiments.results import Results

STUDENT = Distill(epochs=150, batch=32, learning_rate=5e-3, width=0.25, init="fresh")
WAYS = {
    "labels": replace(STUDENT, teacher_weight=0.0),
    "kd": replace(STUDENT, teacher_loss="kd"),
    "dkd, beta 2": replace(STUDENT, teacher_loss="dkd", dkd_beta=2.0),
    "kd, weights inherited": replace(STUDENT, init="inherit"),
    "kd, largest inherited": replace(STUDENT, init="inherit", keep="group_norm"),
}


def experiment(arguments: argparse.Namespace) -> None:
    """Every way with every seed; then a line for each: test accuracy, gain over labels alone."""
    task = load_dataset("keywords", arguments.data, arguments.out / "data")
    teacher = load_model(arguments.out / "dscnn_kws.onnx")
    results = Results(arguments.out / "kd_gain.jsonl")
    assert task.test is not None
    test = task.test
    share = arguments.share
    scores: dict[str, list[float]] = {way: [] for way in WAYS}
    for way, method in WAYS.items():
        for seed in range(arguments.seeds):
            def trained(method: Distill = method, seed: int = seed) -> dict[str, float]:
                given = Given(task=labelled_share(task, share, seed), seed=seed)
                student = run(method, teacher, given).model
                return {"test": score_model(student, test, "top1")}

            row = results.get({"share": share, "way": way, "seed": seed}, trained)
            scores[way].append(100 * row["test"])
    print(f"teacher: {100 * score_model(teacher, test, 'top1'):.2f} %")
    for way, found in scores.items():
        gains = [a - b for a, b in zip(found, scores["labels"], strict=True)]
        gain = "" if way == "labels" or len(gains) < 2 else mean_interval(gains).text()
        print(f"{way:24} {np.mean(found):6.2f} %  {gain}")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--share", type=float, default=0.1, help="of the training samples")
    parser.add_argument("--seeds", type=int, default=5)


COMMAND = Command("What a teacher is worth with a tenth of the samples.", _arguments, experiment)
