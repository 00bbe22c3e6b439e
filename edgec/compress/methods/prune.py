"""Structured pruning: channels, attention heads and neurons are removed, so the model gets smaller.

What must go together is found on the graph (Fang et al. 2023, arXiv 2301.12900); what goes is what
a criterion scores lowest over all layers (`edgec/compress/importance`); when it goes follows the
cubic schedule (Zhu and Gupta 2017, arXiv 1710.01878), with fine-tuning after every step.
Costs: one scoring per step (taylor: some hundred samples forward and backward), and `epochs` of
training, shared by the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
import onnx_ir as ir

from edgec import registry
from edgec.compress import criterion as criteria
from edgec.compress import patterns
from edgec.compress.channels.choose import Limits, choose
from edgec.compress.channels.cost import COSTS, macs, parameters
from edgec.compress.channels.groups import Channels, Group, Kept, find_groups
from edgec.compress.channels.remove import remove
from edgec.compress.channels.report import PruneReport, Step, layers
from edgec.compress.criterion import Unit
from edgec.compress.method import CALIBRATION_SAMPLES, Array, Compressed, Given, option
from edgec.compress.training.cubic import cubic
from edgec.compress.training.options import TrainingMethod, validation_score
from edgec.target.target import Target

TILE = 16  # output channels that every kernel of the engine computes side by side
DEPTH = 4  # input channels that every int8 kernel adds up at once


@dataclass(frozen=True)
class Prune(TrainingMethod):
    """Options of structured pruning."""

    ratio: float = option(0.5, "share of the cost (see `of`) to remove, above 0 and below 1")
    of: str = option("macs", "the cost that ratio is of: macs, parameters, channels")
    criterion: str = option("group_norm", "what scores channels: group_norm, taylor, magnitude, "
                            "bn_gamma, ablation, random, ...")
    steps: int = option(3, "removals, after a cubic schedule, with fine-tuning behind each")
    round_to: int = option(0, "channels are kept in multiples of this; 0: of what the target's "
                           "kernels compute at once")
    max_per_layer: float = option(0.8, "at most this share of a layer's channels")
    max_drop: float = option(-1.0, "a step after which validation is worse by more than this is "
                             "undone, and pruning stops; below 0: no such gate")
    exclude: tuple[str, ...] = option((), "names of layers that keep their channels; * and ? "
                                      "allowed")
    regularize: float = option(0.0, "strength of the pull that makes unimportant groups small "
                               "before they go, for half of the epochs; DepGraph: 5e-4; 0: none")
    renormalize: bool = option(True, "measure the statistics of batch normalization anew behind "
                               "each cut, on training samples")

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, labels missing, nothing to prune."""
        yield from self.check_training(given)
        yield from self._check_options(given)
        if any(node.op_type == "QuantizeLinear" for node in model.graph.all_nodes()):
            yield "the model is quantized already. Prune the float model, then quantize."
            return
        yield from patterns.unknown(model, exclude=self.exclude)
        found = self.find(model)
        if not found.groups:
            reasons = "\n".join(f"    {k.layer}: {k.reason}" for k in found.kept)
            yield "there is nothing to prune" + (f":\n{reasons}" if reasons else
                                                 ": the model has no layer with weights.")

    def _check_options(self, given: Given) -> Iterator[str]:
        if not 0 < self.ratio < 1:
            yield (f"ratio is {self.ratio}; it must be above 0 and below 1: the share of the "
                   f"{self.of} to remove.")
        if self.of not in COSTS:
            yield f"of is {self.of!r}; it must be one of {', '.join(COSTS)}."
        if self.steps < 1:
            yield f"steps is {self.steps}; it must be 1 or more."
        if self.round_to < 0:
            yield f"round_to is {self.round_to}; it must be 0 or more."
        if not 0 < self.max_per_layer <= 1:
            yield f"max_per_layer is {self.max_per_layer}; it must be above 0 and at most 1."
        if self.regularize < 0:
            yield f"regularize is {self.regularize}; it must be 0 or more."
        if self.max_drop >= 0 and given.task is None:
            yield (f"max_drop is {self.max_drop} and there are no labelled samples to judge by. "
                   "Give a task, or set max_drop below 0.")
        known = registry.names(criteria.PACKAGE)
        if self.criterion not in known:
            yield f"criterion is {self.criterion!r}; it must be one of {', '.join(known)}."
        else:
            yield from self._check_needs(given)

    def _check_needs(self, given: Given) -> Iterator[str]:
        needs = criteria.load(self.criterion).needs
        if needs.task and given.task is None:
            yield (f"the criterion {self.criterion} needs labelled samples. Give a task, or use a "
                   "criterion that reads weights alone, as group_norm.")
        elif needs.data and given.data is None and given.task is None:
            yield f"the criterion {self.criterion} needs data. Give some hundred typical inputs."

    def find(self, model: ir.Model) -> Channels:
        """The groups that may be pruned; the excluded ones are kept, and said to be."""
        found = find_groups(model)
        groups, kept = [], list(found.kept)
        for group in found.groups:
            if why := patterns.excluded(self.exclude, group.layers):
                count = len(group.units) * group.width
                kept.append(Kept(group.name, count, count, why))
            else:
                groups.append(group)
        return Channels(tuple(groups), tuple(kept))

    def twice(self) -> tuple[Prune, Prune]:
        """Both remove the same share of what they find, in half of the epochs."""
        half = replace(self, ratio=1 - (1 - self.ratio) ** 0.5, epochs=self.epochs / 2)
        return half, half

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The smaller model and a `PruneReport`."""
        return _Pruning(self, model, given).run()


class _Pruning:
    """One application of the method."""

    def __init__(self, method: Prune, model: ir.Model, given: Given) -> None:
        self.method, self.original, self.given = method, model, given
        self.round_to = method.round_to or preferred_multiple(given.target)
        found = method.find(model)
        self.limits = Limits.of(found.groups, self.round_to, method.max_per_layer)
        self.kept, self.groups = found.kept, found.groups
        self.criterion = criteria.load(method.criterion)
        self.whole = COSTS[method.of](model, ())

    def run(self) -> Compressed:
        model, steps = self.original, []
        first = before = validation_score(model, self.given)
        for number in range(1, self.method.steps + 1):
            goal = cubic(self.method.ratio, number / self.method.steps)
            self.given.progress(f"step {number} of {self.method.steps}: {goal:.0%} of "
                                f"{self.method.of} shall be gone")
            smaller, step = self._step(model, goal)
            drop = (first or 0.0) - (step.score_trained or 0.0)
            if 0 <= self.method.max_drop < drop:
                steps.append(replace(step, rolled_back=True))
                break
            steps.append(step)
            model = smaller
        return Compressed(model, self._report(model, tuple(steps), before))

    def _step(self, model: ir.Model, goal: float) -> tuple[ir.Model, Step]:
        """One removal, with half of its training before it where groups are made small first."""
        epochs = self.method.epochs / self.method.steps
        if self.method.regularize:
            epochs /= 2
            model = self._regularized(model, epochs)
        groups = self.method.find(model).groups
        gone = self._choice(model, groups, goal)
        smaller = self._renormalized(remove(model, gone))
        cut = validation_score(smaller, self.given)
        trained = self.method.finetuned(smaller, self.given, (), epochs)
        counts = {g.name: n for g in groups if (n := len(set(gone) & set(g.units)))}
        left = COSTS[self.method.of](trained, ()) / self.whole
        score = validation_score(trained, self.given)
        return trained, Step(goal, 1 - left, counts, cut, score, False)

    def _choice(self, model: ir.Model, groups: tuple[Group, ...], goal: float) -> tuple[Unit, ...]:
        cost = COSTS[self.method.of]
        flat = [unit for group in groups for unit in group.units]
        scores = self.criterion.units(model, flat, self._fed())
        bounds = np.cumsum([len(group.units) for group in groups])[:-1]
        return choose(groups, np.split(scores, bounds), self.limits,
                      lambda gone: cost(model, gone) <= (1 - goal) * self.whole)

    def _fed(self) -> Given:
        """What the criterion gets: data too where it needs it and there are only samples."""
        given = self.given
        if self.criterion.needs.data and given.data is None and given.task is not None:
            few = given.task.train.take(slice(CALIBRATION_SAMPLES))
            return replace(given, data=tuple(few.runs()))
        return given

    def _renormalized(self, model: ir.Model) -> ir.Model:
        if not self.method.renormalize or self.given.task is None:
            return model
        from edgec.compress.training.renorm import renormalized

        return renormalized(model, self.given)

    def _regularized(self, model: ir.Model, epochs: float) -> ir.Model:
        from edgec.compress.importance.group_norm import GroupNorm
        from edgec.compress.training.group_sparsity import GroupSparsity

        groups = [group.units for group in self.method.find(model).groups]
        norms: list[Array] = [GroupNorm().units(model, units, self.given) for units in groups]
        pull = GroupSparsity(groups, norms, self.method.regularize)
        return self.method.finetuned(model, self.given, (pull,), epochs)

    def _report(self, model: ir.Model, steps: tuple[Step, ...],
                score: float | None) -> PruneReport:
        narrow = tuple(Kept(g.name, c, c, f"it keeps channels in multiples of {self.round_to}")
                       for g in self.groups if self.limits.kept(g, 1) == len(g.units)
                       for c in [len(g.units) * g.width])
        return PruneReport(
            layers(self.original, model), steps, (*self.kept, *narrow), score,
            (macs(self.original, ()), macs(model, ())),
            (parameters(self.original, ()), parameters(model, ())), self.round_to,
            self._notes(steps), asdict(self.method))

    def _notes(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        last = steps[-1]
        if last.rolled_back:
            return (f"step {len(steps)} lowered validation by more than {self.method.max_drop} and "
                    "was undone",)
        if last.gone < last.goal - 1e-9:
            return (f"{last.gone:.1%} of {self.method.of} could go, not {last.goal:.1%}: the rest "
                    "is in channels that stay, or beyond max_per_layer and round_to",)
        return ()


def preferred_multiple(target: Target | None) -> int:
    """Channels that cost no more than fewer would: weights are stored in blocks of 16 × 4.

    With a target the 16 columns of its kernels; without one only the 4 that are added up at once.
    """
    return DEPTH if target is None else TILE


PLUGIN = Prune
