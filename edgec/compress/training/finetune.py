"""Trains the weights of an ONNX graph further, with a teacher when there is one.

The best epoch by the validation score is kept, the state before training included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from edgec.compress.method import Given
from edgec.compress.training.distillation import teacher_loss
from edgec.compress.training.hook import Hook
from edgec.compress.training.score import score_graph
from edgec.errors import MethodError
from edgec.model.execute import TorchGraph
from edgec.model.losses import LOSSES
from edgec.model.task import Samples, Task


@dataclass(frozen=True)
class Schedule:
    """How to train. epochs may be a fraction; learning rate: linear warm-up, then cosine to 0.

    optimizer: adamw or sgd (Nesterov momentum 0.9). keep: best (by validation) or last.
    teacher_weight: share of the loss that follows the teacher, the rest follows the labels.
    """

    epochs: float = 3.0
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    optimizer: str = "adamw"
    warmup: float = 0.05
    keep: str = "best"
    teacher_weight: float = 0.9
    temperature: float = 4.0
    teacher_loss: str = "kd"


@dataclass(frozen=True)
class Trained:
    """What training did: steps taken, validation scores (before, then per epoch), the kept one."""

    steps: int
    samples_seen: int
    scores: tuple[float, ...]
    kept_epoch: int
    losses: tuple[float, ...] = field(default=())

    @property
    def score(self) -> float:
        """The validation score of what was kept."""
        return self.scores[self.kept_epoch]


def finetune(graph: TorchGraph, given: Given, schedule: Schedule,
             hooks: Sequence[Hook] = ()) -> Trained:
    """Trains `graph` in place for the task, after the teacher and with the seed that are given.

    Deterministic for equal arguments and an equal number of torch threads. MethodError when the
    loss is no longer finite.
    """
    task = given.task
    assert task is not None
    if schedule.keep not in ("best", "last"):
        raise MethodError(f"keep is {schedule.keep!r}; it must be best or last.")
    teacher = None if given.teacher is None else TorchGraph(given.teacher, ()).eval()
    run = _Run(graph, task, schedule, teacher, tuple(hooks), given.seed)
    scores, losses = [score_graph(graph, task.validation, task.metric)], []
    best, best_state, epochs = scores[0], run.state(), -(-run.steps // run.per_epoch)
    kept = 0
    for epoch in range(1, epochs + 1):
        losses.append(run.epoch())
        scores.append(score_graph(graph, task.validation, task.metric))
        given.progress(f"epoch {epoch} of {epochs}: loss {losses[-1]:.4f}, {task.metric} "
                 f"{scores[-1]:.4f} on validation")
        if scores[-1] >= best or schedule.keep == "last":
            best, best_state, kept = scores[-1], run.state(), epoch
    run.restore(best_state)
    graph.eval()
    return Trained(run.taken, run.samples_seen, tuple(scores), kept, tuple(losses))


class _Run:
    """The steps of one training, an epoch at a time."""

    def __init__(self, graph: TorchGraph, task: Task, schedule: Schedule,
                 teacher: TorchGraph | None, hooks: tuple[Hook, ...], seed: int) -> None:
        self.graph, self.task, self.schedule = graph, task, schedule
        self.teacher, self.hooks = teacher, hooks
        self.rng = np.random.default_rng(seed)
        self.per_epoch = max(1, len(task.train) // schedule.batch)
        self.steps = max(1, round(schedule.epochs * self.per_epoch)) if schedule.epochs else 0
        self.taken = self.samples_seen = 0
        self.optimizer = _optimizer(graph, schedule, hooks)
        self.watched = tuple(dict.fromkeys(n for hook in hooks for n in hook.watches()))

    def state(self) -> list[Tensor]:
        """Everything that training changes: weights, running statistics, what hooks learn."""
        return [value.detach().clone() for value in self._changing()]

    def restore(self, state: Sequence[Tensor]) -> None:
        """Back to what `state` gave."""
        with torch.no_grad():
            for value, old in zip(self._changing(), state, strict=True):
                value.copy_(old)

    def _changing(self) -> Iterator[Tensor]:
        yield from self.graph.state_dict().values()
        for hook in self.hooks:
            yield from hook.parameters()

    def epoch(self) -> float:
        """Up to one pass over the training samples; the mean loss."""
        self.graph.train()
        order, total = self.rng.permutation(len(self.task.train)), 0.0
        steps = min(self.per_epoch, self.steps - self.taken)
        for index in range(steps):
            chosen = order[index * self.schedule.batch:(index + 1) * self.schedule.batch]
            total += self._step(self.task.train.take(chosen))
        self.graph.eval()
        return total / max(1, steps)

    def _step(self, samples: Samples) -> float:
        done = self.taken / self.steps
        self._set_rate(done)
        loss = self._loss(samples, done)
        if not torch.isfinite(loss):
            raise MethodError(f"the loss became {float(loss)} at step {self.taken + 1} of "
                              f"{self.steps}. Lower the learning rate (now "
                              f"{self.schedule.learning_rate:g}).")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for hook in self.hooks:
            hook.before_step(self.graph, done)
        self.optimizer.step()
        self.taken += 1
        self.samples_seen += len(samples)
        for hook in self.hooks:
            hook.after_step(self.graph, self.taken / self.steps)
        return float(loss.detach())

    def _loss(self, samples: Samples, done: float) -> Tensor:
        arrays = dict(samples.inputs)
        if self.task.augment is not None:
            arrays = self.task.augment(arrays, self.rng)
        inputs = {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}
        outputs = self.graph.outputs
        values = self.graph.values(inputs, [*outputs, *self.watched])
        loss = LOSSES[self.task.loss](values[outputs[0]], torch.from_numpy(samples.targets))
        if self.teacher is not None and self.schedule.teacher_weight:
            with torch.no_grad():
                taught = self.teacher(**inputs)[0]
            weight = self.schedule.teacher_weight
            loss = (1 - weight) * loss + weight * teacher_loss(
                self.schedule, values[outputs[0]], taught, samples.targets)
        for hook in self.hooks:
            extra = hook.penalty(self.graph, values, done)
            loss = loss if extra is None else loss + extra
        return loss

    def _set_rate(self, done: float) -> None:
        warm = self.schedule.warmup
        share = (done + 1 / self.steps) / warm if done < warm else 0.5 * (
            1 + np.cos(np.pi * (done - warm) / max(1e-9, 1 - warm)))
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.learning_rate * min(1.0, float(share))


def _optimizer(graph: TorchGraph, schedule: Schedule,
               hooks: Sequence[Hook]) -> torch.optim.Optimizer:
    """Decay for matrices and kernels, none for biases, norms and what hooks learn."""
    weights = list(graph.weights().values())
    decayed = [w for w in weights if w.ndim > 1]
    free = [w for w in weights if w.ndim <= 1] + [p for hook in hooks for p in hook.parameters()]
    groups = [{"params": decayed, "weight_decay": schedule.weight_decay},
              {"params": free, "weight_decay": 0.0}]
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(groups, schedule.learning_rate, momentum=0.9, nesterov=True)
    if schedule.optimizer == "adamw":
        return torch.optim.AdamW(groups, schedule.learning_rate)
    raise MethodError(f"optimizer is {schedule.optimizer!r}; it must be adamw or sgd.")
