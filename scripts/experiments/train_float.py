"""Trains the float networks that the experiments start from; resumes after every epoch."""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgec.atomic import write_file
from edgec.errors import UnknownName
from edgec.examples.dscnn import DsCnn
from edgec.examples.mobilenet_cifar import MobileNetV2
from edgec.examples.resnet_cifar import ResNet
from edgec.model.load import normalize
from edgec.model.onnx_file import save_model
from edgec.model.task import Samples, Task
from edgec.model.torch_export import export_module
from experiments.command import Command
from experiments.datasets import load_dataset

BATCH = 128


@dataclass(frozen=True)
class Baseline:
    """A network, its data and how long it trains. SGD with Nesterov momentum, one cycle."""

    data: str
    build: Callable[[], nn.Module]
    epochs: int
    learning_rate: float = 0.4
    weight_decay: float = 5e-4
    bfloat16: bool = True  # of no use to depthwise convolutions, which get slower


BASELINES = {
    "dscnn_kws": Baseline("keywords", DsCnn, 120, 0.2, 1e-3),
    "dscnn_wide": Baseline("keywords", lambda: DsCnn(172), 120, 0.2, 1e-3),
    "resnet8": Baseline("cifar10", lambda: ResNet(depth=1), 24),
    "resnet20": Baseline("cifar10", ResNet, 24),
    "resnet20_wide": Baseline("cifar10", lambda: ResNet(2.0), 20),
    "mobilenetv2_half": Baseline("cifar10", lambda: MobileNetV2(0.5), 16, 0.2, bfloat16=False),
}


class Training:
    """One run: what it needs to go on is what `state` holds."""

    def __init__(self, baseline: Baseline, task: Task, epochs: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.task, self.epochs, self.epoch, self.bfloat16 = task, epochs, 0, baseline.bfloat16
        self.net = baseline.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.rng = np.random.default_rng(seed)
        self.optimizer = torch.optim.SGD(_groups(self.net, baseline.weight_decay),
                                         baseline.learning_rate, 0.9, nesterov=True)
        steps = len(task.train) // BATCH
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, baseline.learning_rate, total_steps=epochs * steps, pct_start=0.25)

    def run_epoch(self) -> float:
        """One pass over the training samples; the mean loss."""
        self.net.train()
        order, total = self.rng.permutation(len(self.task.train)), 0.0
        steps = len(order) // BATCH
        for chosen in np.split(order[:steps * BATCH], steps):
            samples = self.task.train.take(np.sort(chosen))  # sorted: the data may be on disk
            assert self.task.augment is not None
            arrays = self.task.augment(dict(samples.inputs), self.rng)
            with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
                logits = _logits(self.net, arrays)
            loss = F.cross_entropy(logits, torch.from_numpy(samples.targets))
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.schedule.step()
            total += float(loss.detach())
        self.epoch += 1
        return total / steps

    def state(self) -> dict[str, Any]:
        """For `restore`."""
        return {"net": self.net.state_dict(), "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(), "epoch": self.epoch,
                "rng": self.rng.bit_generator.state, "torch": torch.get_rng_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """On from there."""
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch = state["epoch"]
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch"])


def accuracy(net: nn.Module, samples: Samples) -> float:
    """Share of the samples that are classified right."""
    net.eval()
    with torch.no_grad():
        right = [(_logits(net, dict(part.inputs)).argmax(1).numpy() == part.targets)
                 for part in samples.batches(500)]
    return float(np.concatenate(right).mean())


def _logits(net: nn.Module, arrays: dict[str, Any]) -> Tensor:
    x = torch.from_numpy(np.array(next(iter(arrays.values()))))  # a copy: the data may be read-only
    out: Tensor = net(x.contiguous(memory_format=torch.channels_last))
    return out.float()


def _groups(net: nn.Module, decay: float) -> list[dict[str, Any]]:
    return [{"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in net.parameters() if p.ndim <= 1], "weight_decay": 0.0}]


def run(arguments: argparse.Namespace) -> None:
    """Trains or goes on training, then writes <net>.onnx and a line of results."""
    if arguments.net not in BASELINES:
        raise UnknownName("network", arguments.net, BASELINES)
    name, out, baseline = arguments.net, arguments.out, BASELINES[arguments.net]
    task = load_dataset(baseline.data, arguments.data, out / "data")
    if arguments.learning_rate:
        baseline = replace(baseline, learning_rate=arguments.learning_rate)
    training = Training(baseline, task, arguments.epochs or baseline.epochs, arguments.seed)
    checkpoint = out / f"{name}.checkpoint.pt"
    if checkpoint.is_file():
        training.restore(torch.load(checkpoint, weights_only=True))
    elif arguments.start:
        training.net.load_state_dict(torch.load(arguments.start, weights_only=True)["net"])
    while training.epoch < training.epochs:
        start = time.perf_counter()
        loss = training.run_epoch()
        score = accuracy(training.net, task.validation)
        stored = io.BytesIO()
        torch.save(training.state(), stored)
        write_file(checkpoint, stored.getvalue())
        print(f"{name} epoch {training.epoch} of {training.epochs}: loss {loss:.4f}, validation "
              f"{score:.4f}, {time.perf_counter() - start:.0f} s", flush=True)
    _finish(training, name, out)


def _finish(training: Training, name: str, out: Path) -> None:
    """The state after the last epoch is kept: validation chooses nothing here."""
    task = training.task
    assert task.test is not None
    net = training.net.to(memory_format=torch.contiguous_format).eval()
    example = torch.from_numpy(np.array(next(iter(task.test.inputs.values()))[:1]))
    save_model(normalize(export_module(net, (example,), name)), out / f"{name}.onnx")
    result = {"net": name, "epochs": training.epochs,
              "parameters": sum(p.numel() for p in net.parameters()),
              "validation": accuracy(net, task.validation), "test": accuracy(net, task.test)}
    write_file(out / f"{name}.json", (json.dumps(result) + "\n").encode())
    print(json.dumps(result))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("net", help=", ".join(BASELINES))
    parser.add_argument("--epochs", type=int, help="instead of the network's own number")
    parser.add_argument("--learning-rate", type=float, help="the cycle's peak, instead of its own")
    parser.add_argument("--start", type=Path, metavar="CHECKPOINT",
                        help="another cycle, from the weights of a run that ended")
    parser.add_argument("--seed", type=int, default=0)


COMMAND = Command("Trains a float network and writes its ONNX.", _arguments, run)
