"""Trains the weights of an ONNX graph further, with a teacher when there is one.

The best epoch by the validation score is kept, the state before training included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from edgec.compress.method import Given
from edgec.compress.training.distillation import teacher_loss, teacher_share
from edgec.compress.training.hook import Hook
from edgec.compress.training.logits import logits_name
from edgec.compress.training.mix import mixed, why_not
from edgec.compress.training.schedule import Schedule
from edgec.compress.training.score import as_tensors, score_graph
from edgec.errors import MethodError
from edgec.model.execute import TorchGraph
from edgec.model.losses import LOSSES
from edgec.model.task import Samples, Task, check_outputs


@dataclass(frozen=True)
class Trained:
    """What training did: steps taken, validation scores (before, then per epoch), the kept one."""

    steps: int
    samples_seen: int
    scores: tuple[float, ...]
    kept_epoch: int
    losses: tuple[float, ...] = ()

    @property
    def score(self) -> float:
        """The validation score of what was kept."""
        return self.scores[self.kept_epoch]


def finetune(graph: TorchGraph, given: Given, schedule: Schedule,
             hooks: Sequence[Hook] = ()) -> Trained:
    """Trains `graph` in place for the task, after the teacher and with the seed that are given.

    Deterministic for equal arguments and an equal number of torch threads. MethodError when the
    schedule cannot be or the loss is no longer finite; DataError when labels do not fit outputs.
    """
    task = given.task
    assert task is not None
    run = _Run(graph, task, _settled_schedule(schedule, task), _teacher(given, schedule),
               tuple(hooks), given.seed)
    _refuse_misfits(run)
    scores, losses = [score_graph(graph, task.validation, task.metric)], []
    kept, best_state = (0, run.state()) if run.settled() else (None, None)
    epochs = -(-run.steps // run.per_epoch)
    for epoch in range(1, epochs + 1):
        losses.append(run.epoch())
        scores.append(score_graph(graph, task.validation, task.metric))
        given.progress(f"epoch {epoch} of {epochs}: loss {losses[-1]:.4f}, {task.metric} "
                       f"{scores[-1]:.4f} on validation")
        better = kept is None or scores[-1] >= scores[kept] or schedule.keep == "last"
        if better and (run.settled() or epoch == epochs):
            kept, best_state = epoch, run.state()
    if best_state is not None:
        run.restore(best_state)
    graph.eval()
    return Trained(run.taken, run.samples_seen, tuple(scores), kept or 0, tuple(losses))


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
        self.logits = logits_name(graph)
        self.labelled = self.logits if task.loss == "cross_entropy" else graph.outputs[0]
        watched = (n for hook in hooks for n in hook.watches())
        self.wanted = tuple(dict.fromkeys((*graph.outputs, self.logits, *watched)))

    @property
    def done(self) -> float:
        """The share of all steps that are behind."""
        return self.taken / max(1, self.steps)

    def settled(self) -> bool:
        """Whether no hook objects to keeping the present state."""
        return all(hook.settled(self.done) for hook in self.hooks)

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
        order, total = self.rng.permutation(len(self.task.train)), 0.0
        steps = min(self.per_epoch, self.steps - self.taken)
        for index in range(steps):
            self.graph.train(self.done < self.schedule.freeze_norms)
            chosen = order[index * self.schedule.batch:(index + 1) * self.schedule.batch]
            total += self._step(self.task.train.take(chosen))
        self.graph.eval()
        return total / max(1, steps)

    def _step(self, samples: Samples) -> float:
        self._set_rate()
        loss = self._loss(samples)
        if not torch.isfinite(loss):
            raise MethodError(f"the loss became {float(loss.detach())} at step {self.taken + 1} of "
                              f"{self.steps}. Lower the learning rate (now "
                              f"{self.schedule.learning_rate:g}).")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for hook in self.hooks:
            hook.before_step(self.graph, self.done)
        self.optimizer.step()
        self.taken += 1
        self.samples_seen += len(samples)
        for hook in self.hooks:
            hook.after_step(self.graph, self.done)
        return float(loss.detach())

    def _loss(self, samples: Samples) -> Tensor:
        arrays = dict(samples.inputs)
        if self.task.augment is not None:
            arrays = self.task.augment(arrays, self.rng)
        if self.schedule.mix:
            arrays = mixed(arrays, self.rng)
        inputs = as_tensors(arrays)
        values = self._values(self.graph, inputs, self.wanted)
        targets = torch.from_numpy(samples.targets)
        loss = LOSSES[self.task.loss](values[self.labelled], targets)
        share = teacher_share(self.schedule, self.done)
        if self.teacher is not None and share:
            name = logits_name(self.teacher)
            with torch.no_grad():
                taught = self._values(self.teacher, inputs, (name,))[name]
            loss = (1 - share) * loss + share * teacher_loss(
                self.schedule, values[self.logits], taught, samples.targets)
        for hook in self.hooks:
            for extra in (hook.penalty(self.graph, values, self.done),
                          hook.labelled_penalty(values, targets, self.done)):
                loss = loss if extra is None else loss + extra
        return loss

    def _values(self, graph: TorchGraph, inputs: Mapping[str, Tensor],
                names: Sequence[str]) -> dict[str, Tensor]:
        """Values of a graph; layers in bfloat16 where the schedule says so, results in float32."""
        if self.schedule.precision == "float32":
            return graph.values(inputs, names)
        with torch.autocast("cpu", torch.bfloat16):
            found = graph.values(inputs, names)
        return {name: v.float() if v.dtype == torch.bfloat16 else v for name, v in found.items()}

    def _set_rate(self) -> None:
        warm, done = self.schedule.warmup, self.done
        share = (done + 1 / self.steps) / warm if done < warm else 0.5 * (
            1 + np.cos(np.pi * (done - warm) / max(1e-9, 1 - warm)))
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.learning_rate * min(1.0, float(share))


def _settled_schedule(schedule: Schedule, task: Task) -> Schedule:
    """Without `auto`; MethodError for what cannot be."""
    if problems := list(schedule.problems()):
        raise MethodError(" ".join(problems))
    if schedule.teacher_loss != "auto":
        return schedule
    return replace(schedule, teacher_loss="kd" if task.loss == "cross_entropy" else "mse")


def _teacher(given: Given, schedule: Schedule) -> TorchGraph | None:
    if given.teacher is None or not schedule.teacher_weight:
        return None
    return TorchGraph(given.teacher, ()).eval()


def _refuse_misfits(run: _Run) -> None:
    """DataError or MethodError before the first step, not somewhere inside of it."""
    graph, task, schedule = run.graph, run.task, run.schedule
    if schedule.mix and (problems := list(
            why_not(task.train.inputs, run.teacher is not None, run.hooks))):
        raise MethodError(" ".join(problems))
    graph.eval()
    with torch.no_grad():
        first = graph(**as_tensors(task.train.take(slice(1)).inputs))[0]
    check_outputs(task, first.shape)
    ops = {node.op_type for node in graph.makers.values()}
    if schedule.precision != "float32" and ops & {"QuantizeLinear", "DequantizeLinear"}:
        raise MethodError(f"precision is {schedule.precision} and the model is quantized: its "
                          "integers would be rounded again. Set precision to float32.")
    if "BatchNormalization" in ops and schedule.freeze_norms and (
            size := min(schedule.batch, len(task.train))) < 2:
        raise MethodError(f"the model has batch normalization and a step has {size} sample. Set "
                          "batch to 2 or more, or freeze_norms to 0.")


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
    return torch.optim.AdamW(groups, schedule.learning_rate)
