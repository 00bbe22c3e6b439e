"""Small tasks that the nets of `float_models` can learn, and hooks that watch a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx_ir as ir
from torch import Tensor

from edgec.compress.training.hook import Hook
from edgec.model.execute import TorchGraph
from edgec.model.task import Samples, Task
from tests.unit.compress.float_models import from_text


def image_task(train: int = 96, classes: int = 5, seed: int = 0) -> Task:
    """Noise around one colour for each class, for inputs x [n, 3, 8, 8]."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, 3, 1, 1))

    def made(count: int) -> Samples:
        labels = np.arange(count) % classes
        x = centres[labels] + 1.5 * rng.normal(size=(count, 3, 8, 8))
        return Samples({"x": x.astype(np.float32)}, labels.astype(np.int64))

    return Task(made(train), made(60), made(60))


def linear(last: str = "", seed: int = 0) -> ir.Model:
    """x [1, 4] to y [1, 3] through one matrix, and `last` where it is named."""
    w = np.random.default_rng(seed).normal(size=(4, 3)).astype(np.float32)
    if not last:
        return from_text("linear (float[1,4] x) => (float[1,3] y) { y = MatMul (x, w) }", {"w": w})
    return from_text("linear (float[1,4] x) => (float[1,3] y) { z = MatMul (x, w) "
                     f"y = {last} <axis = -1> (z) }}", {"w": w})


def row_task(count: int = 64, seed: int = 0) -> Task:
    """Which of the first three numbers of x [n, 4] is largest."""
    x = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    samples = Samples({"x": x}, x[:, :3].argmax(1).astype(np.int64))
    return Task(samples, samples)


@dataclass
class Mask(Hook):
    """Keeps the first half of a weight at 0."""

    name: str
    zeros: list[float] = field(default_factory=list)

    def after_step(self, graph: TorchGraph, done: float) -> None:
        weight = graph.weights()[self.name]
        weight.data[: len(weight) // 2] = 0
        self.zeros.append(float(weight.detach()[: len(weight) // 2].abs().max()))


@dataclass
class Unsettled(Hook):
    """A ramp that ends at a share of the training."""

    until: float

    def settled(self, done: float) -> bool:
        return done >= self.until


@dataclass
class Penalty(Hook):
    """Adds what a function of the values says."""

    function: Callable[[Any, float], Tensor | None]
    names: tuple[str, ...] = ()

    def watches(self) -> tuple[str, ...]:
        return self.names

    def penalty(self, graph: TorchGraph, values: Any, done: float) -> Tensor | None:
        return self.function(values, done)
