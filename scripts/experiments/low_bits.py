"""Weights of 8 and fewer bits: what rounding, learned rounding and training are worth.

Keywords with the network that train_float wrote or a narrow one of few_bytes, CIFAR-10 with the one
that small_cifar pruned or a MobileNetV2, or EfficientNet-Lite0 on photographs, where training
follows the float network and has no labels. Ways without training draw no numbers, so they run
once; trained ones run with every seed. Validation chooses the epoch, test is reported.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.chain import Step, run_chain
from edgec.compress.method import Given
from edgec.compress.methods.finetune import Finetune
from edgec.compress.methods.qat import Qat
from edgec.compress.methods.quantize import Quantize
from edgec.compress.training.score import score_model
from edgec.examples import efficientnet_lite0
from edgec.model.load import load_model, normalize
from edgec.model.task import Task
from edgec.model.torch_export import export_module
from experiments.command import Command
from experiments.datasets import load_dataset
from experiments.photographs import Views, as_task, load_images
from experiments.results import Results


@dataclass(frozen=True)
class Subject:
    """A float network, its data, and how it is trained where it is."""

    model: ir.Model
    given: Given
    training: Mapping[str, Any]


def keywords(arguments: argparse.Namespace) -> Subject:
    """DS-CNN; 293 recordings validate, 978 test."""
    task = load_dataset("keywords", arguments.data, arguments.out / "data")
    return Subject(load_model(arguments.out / "dscnn_kws.onnx"), Given(task=task),
                   {"learning_rate": 5e-4, "teacher_weight": 0.0})


def narrow(arguments: argparse.Namespace) -> Subject:
    """A student of few_bytes, trained on as there: the wide net answers for mixed recordings."""
    task = load_dataset("keywords", arguments.data, arguments.out / "data")
    return Subject(load_model(arguments.out / arguments.student),
                   Given(task=task, teacher=load_model(arguments.out / "dscnn_wide.onnx")),
                   {"mix": True, "teacher_weight": 1.0})


def cifar10(arguments: argparse.Namespace) -> Subject:
    """The wide ResNet-20 as pruned; the network before it teaches. 5000 validate, 5000 test."""
    task = load_dataset("cifar10", arguments.data, arguments.out / "data")
    pruned = arguments.out / "small_cifar" / arguments.pruned / "01_prune.onnx"
    return Subject(load_model(pruned),
                   Given(task=task, teacher=load_model(arguments.out / "resnet20_wide.onnx")),
                   {"learning_rate": 1e-3, "batch": 128, "teacher_weight": 0.9})


def mobilenet(arguments: argparse.Namespace) -> Subject:
    """MobileNetV2 of half the width on CIFAR-10, its float self as the teacher."""
    task = load_dataset("cifar10", arguments.data, arguments.out / "data")
    model = load_model(arguments.out / "mobilenetv2_half.onnx")
    return Subject(model, Given(task=task, teacher=model),
                   {"learning_rate": 1e-3, "batch": 128, "teacher_weight": 0.9})


def photographs(arguments: argparse.Namespace) -> Subject:
    """EfficientNet-Lite0; 200 photographs teach (50 of them validate), 200 test."""
    teach, test = load_images(arguments.data)
    model = normalize(export_module(*efficientnet_lite0.model()))
    return Subject(model, Given(data=Views(teach, 1), task=as_task(teach, test, 50), teacher=model),
                   {"learning_rate": 1e-4, "batch": 20, "teacher_weight": 1.0, "mix": True,
                    "temperature": 2.0, "freeze_norms": 0.0})


SUBJECTS: Mapping[str, Callable[[argparse.Namespace], Subject]] = {
    "keywords": keywords, "narrow": narrow, "cifar10": cifar10, "mobilenet": mobilenet,
    "photographs": photographs}


def ways(bits: int, epochs: float, training: Mapping[str, Any],
         control: bool) -> Mapping[str, tuple[Step, ...]]:
    """By name: 8 bits, and those of `bits`.

    control: also rounds the float network after as much training as `Qat` gets.
    """
    low = f"W{bits}"

    def rounded(**options: Any) -> Step:
        return Step("quantize", Quantize(min_sqnr_db=-100, weight_bits=bits, **options))

    plain = {f"{low} {rule}": rounded(rounding=rule)
             for rule in ("nearest", "feedback", "adaround")}
    found: dict[str, tuple[Step, ...]] = {
        "W8 feedback": (Step("quantize", Quantize()),),
        **{name: (way,) for name, way in plain.items()},
        f"{low} mixed, a bit more": (rounded(mixed=(bits + 1) / 8),),
        f"{low} qat": (Step("qat", Qat(weight_bits=bits, epochs=epochs, **training)),)}
    if control:
        longer = Step("finetune", Finetune(epochs=epochs, **training))
        found |= {f"{name}, trained on": (longer, way) for name, way in plain.items()}
    return found


def experiment(arguments: argparse.Namespace) -> None:
    """A line for each way: bits, accuracy on validation and test, mean and least over seeds."""
    subject = SUBJECTS[arguments.dataset](arguments)
    training = {**subject.training, **_asked(arguments)}
    task = subject.given.task
    assert task is not None
    results = Results(arguments.out / f"low_bits_{arguments.dataset}.jsonl")
    before = _scores(subject.model, task)
    print(f"{'float':24} {100 * before['validation']:6.2f} {100 * before['test']:6.2f}", flush=True)
    for bits in arguments.bits:
        for name, steps in ways(bits, arguments.epochs, training, arguments.control).items():
            rows = []
            trains = steps[0].name != "quantize"
            for seed in range(arguments.seeds if trains else 1):
                def done(steps: tuple[Step, ...] = steps, seed: int = seed) -> dict[str, float]:
                    given = replace(subject.given, seed=seed)
                    folder = arguments.out / "low_bits" / f"{arguments.dataset}_{seed}"
                    return _scores(run_chain(subject.model, steps, given, folder).model, task)

                key = {"way": name, "seed": seed, "epochs": arguments.epochs if trains else 0,
                       **({"student": arguments.student} if arguments.dataset == "narrow" else {}),
                       **(_asked(arguments) if trains else {})}
                rows.append(results.get(key, done))
            tests = [100 * row["test"] for row in rows]
            print(f"{name:24} {100 * np.mean([row['validation'] for row in rows]):6.2f} "
                  f"{np.mean(tests):6.2f} ({min(tests):.2f} to {max(tests):.2f})", flush=True)


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"learning_rate": arguments.learning_rate} if arguments.learning_rate else {}


def _scores(model: ir.Model, task: Task) -> dict[str, float]:
    assert task.test is not None
    return {"validation": score_model(model, task.validation, "top1"),
            "test": score_model(model, task.test, "top1")}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=tuple(SUBJECTS), default="keywords")
    parser.add_argument("--pruned", default="0.52_4", help="folder of small_cifar, for cifar10")
    parser.add_argument("--student", metavar="ONNX", help="a file of few_bytes, for narrow",
                        default="few_bytes_0.5_0_500_dscnn_wide_mix_bfloat16.onnx")
    parser.add_argument("--epochs", type=float, default=3.0, help="of training, where there is any")
    parser.add_argument("--control", action="store_true",
                        help="also round the float network after as much training")
    parser.add_argument("--learning-rate", type=float, help="of training, instead of its own")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bits", type=int, nargs="+", default=(4, 3, 2))


COMMAND = Command("Weights of few bits: rounding, learned rounding, training.", _arguments,
                  experiment)
