"""Weights of 8 and 4 bits on keywords: what rounding, learned rounding and training are worth.

The network is the one that train_float wrote. Ways without training draw no numbers, so they run
once; trained ones run with every seed. Validation chooses the epoch, test is reported.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Given, Method, run
from edgec.compress.methods.qat import Qat
from edgec.compress.methods.quantize import Quantize
from edgec.compress.training.score import score_model
from edgec.model.load import load_model
from edgec.model.task import Task
from experiments.command import Command
from experiments.datasets import load_dataset
from experiments.results import Results


def ways(bits: int, epochs: float) -> Mapping[str, Method]:
    """By name: 8 bits, and those of `bits`."""
    low = f"W{bits}"
    plain = {f"{low} {rule}": Quantize(weight_bits=bits, rounding=rule, min_sqnr_db=-100)
             for rule in ("nearest", "feedback", "adaround")}
    mixed = Quantize(weight_bits=bits, mixed=(bits + 1) / 8, min_sqnr_db=-100)
    return {"W8 feedback": Quantize(), **plain, f"{low} mixed, a bit more": mixed,
            f"{low} qat": Qat(weight_bits=bits, epochs=epochs, learning_rate=5e-4)}


def experiment(arguments: argparse.Namespace) -> None:
    """A line for each way: bits, accuracy on validation and test, mean and least over seeds."""
    task = load_dataset("keywords", arguments.data, arguments.out / "data")
    model = load_model(arguments.out / "dscnn_kws.onnx")
    results = Results(arguments.out / "low_bits.jsonl")
    before = _scores(model, task)
    print(f"{'float':22} {100 * before['validation']:6.2f} {100 * before['test']:6.2f}")
    for bits in arguments.bits:
        for name, method in ways(bits, arguments.epochs).items():
            rows = []
            trains = isinstance(method, Qat)
            for seed in range(arguments.seeds if trains else 1):
                def done(method: Method = method, seed: int = seed) -> dict[str, float]:
                    return _scores(run(method, model, Given(task=task, seed=seed)).model, task)

                key = {"way": name, "seed": seed, "epochs": arguments.epochs if trains else 0}
                rows.append(results.get(key, done))
            tests = [100 * row["test"] for row in rows]
            print(f"{name:22} {100 * np.mean([row['validation'] for row in rows]):6.2f} "
                  f"{np.mean(tests):6.2f} ({min(tests):.2f} to {max(tests):.2f})")


def _scores(model: ir.Model, task: Task) -> dict[str, float]:
    assert task.test is not None
    return {"validation": score_model(model, task.validation, "top1"),
            "test": score_model(model, task.test, "top1")}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", type=float, default=3.0, help="of training, where there is any")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bits", type=int, nargs="+", default=(4, 3, 2))


COMMAND = Command("Weights of few bits: rounding, learned rounding, training.", _arguments,
                  experiment)
