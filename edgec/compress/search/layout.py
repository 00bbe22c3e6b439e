"""What a chain would cost, before any training: its steps with 0 epochs and few samples.

What a model costs follows from its shapes, which training does not change. So strengths that the
limits rule out, and steps that buy the target nothing, are known in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import onnx_ir as ir

from edgec.compress import method
from edgec.compress.chain import Step
from edgec.compress.cost import Cost, Price
from edgec.compress.method import Given
from edgec.compress.recipe import Limits
from edgec.compress.training.options import TrainingMethod
from edgec.errors import EdgecError

FEW = 32  # samples: enough for ranges and scores that decide nothing but shapes


@dataclass(frozen=True)
class Refused:
    """A step that was left out, and why."""

    step: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """steps: those worth their training. cost: of the model behind them; None when a step cannot
    be laid out without training, or when early exits decide who pays what.
    """

    steps: tuple[Step, ...]
    refused: tuple[Refused, ...]
    cost: Cost | None


def lay_out(model: ir.Model, steps: Sequence[Step], given: Given, price: Price,
            limits: Limits) -> Layout:
    """Applies the steps without training and looks at what each one buys."""
    few = _few(given)
    kept: list[Step] = []
    refused: list[Refused] = []
    cost = price(model)
    for number, step in enumerate(steps):
        try:
            smaller = method.run(_untrained(step), model, few).model
            new = price(smaller)
        except EdgecError:  # it needs its training: the rest is known only when it has run
            return Layout((*kept, *steps[number:]), tuple(refused), None)
        reason = "" if _exits_decide(new) else _useless(cost, new, limits)
        if reason:
            refused.append(Refused(step.name, reason))
        else:
            kept.append(step)
            model, cost = smaller, new
    return Layout(tuple(kept), tuple(refused), None if _exits_decide(cost) else cost)


def _exits_decide(cost: Cost) -> bool:
    """Who leaves by an exit is known when it is trained, so until then no mean says anything."""
    return cost.worst_macs is not None


def _useless(before: Cost, after: Cost, limits: Limits) -> str:
    """Why a step is not worth its training; empty when it is, or when it cuts nothing at all."""
    old, new = before.latency, after.latency
    same = (before.macs, before.bit_ops, before.parameters) == (after.macs, after.bit_ops,
                                                                after.parameters)
    if old is None or new is None or same or new.us < old.us:
        return ""
    if limits.latency_us is None and after.bytes < before.bytes:
        return ""  # nobody asked for less time, and it buys bytes
    return (f"it would not make the target faster: {old.us:.1f} µs before, {new.us:.1f} µs after, "
            f"{new.measured:.0%} of it from measured layers, though MACs go from {before.macs} to "
            f"{after.macs}")


def _untrained(step: Step) -> method.Method:
    return (replace(step.method, epochs=0.0) if isinstance(step.method, TrainingMethod)
            else step.method)


def _few(given: Given) -> Given:
    task = given.task
    if task is None:
        return given
    small = replace(task, train=task.train.take(slice(FEW)),
                    validation=task.validation.take(slice(FEW)))
    return replace(given, task=small, progress=method.quiet)
