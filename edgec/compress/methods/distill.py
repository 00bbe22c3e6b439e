"""Distillation: a smaller network learns from a larger one, from its outputs and the labels.

Hinton et al. 2015, arXiv 1503.02531, section 2; decoupled: Zhao et al. 2022, arXiv 2203.08679;
values inside: Romero et al. 2014, arXiv 1412.6550. The student is given, or made of the teacher's
graph by leaving out residual blocks (`depth`) and channels (`width`). The architecture changes, so
this comes before every other method.
Costs: `epochs` of training, each with a forward pass of the teacher: mostly the dearest method.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import onnx_ir as ir

from edgec.compress.channels.groups import find_groups
from edgec.compress.method import Compressed, Given, Place, option
from edgec.compress.student.blocks import find_blocks
from edgec.compress.student.derive import INITS, KEEP, Derived, Shape, derive
from edgec.compress.training.options import TrainingMethod
from edgec.model.data import input_specs
from edgec.model.inspect import inspect_model, static_shape
from edgec.model.load import load_model

if TYPE_CHECKING:
    from edgec.compress.training.finetune import Trained
    from edgec.compress.training.hook import Hook
    from edgec.model.execute import TorchGraph


@dataclass(frozen=True)
class DistillReport:
    """Sizes of teacher and student, how the student was made, and its training.

    narrowed: (layer, channels, channels before). scores: on validation, before training and after
    each epoch; teacher_score: the teacher's, None without a task.
    """

    student: str
    dropped_blocks: tuple[str, ...]
    narrowed: tuple[tuple[str, int, int], ...]
    parameters: tuple[int, int]
    macs: tuple[int, int]
    teacher_score: float | None
    scores: tuple[float, ...]
    kept_epoch: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Distill(TrainingMethod):
    """Options of distillation. The teacher is `Given.teacher`, else the model itself."""

    epochs: float = option(20.0, "passes over the training samples in all; 0: no training")
    student: str = option("", "the student: an .onnx file or package.module:callable; empty: made "
                          "of the model by width and depth", file=True)
    width: float = option(0.5, "share of the channels of every layer that the student keeps")
    depth: float = option(1.0, "share of the residual blocks that the student keeps, of those "
                          "whose input and output have one shape")
    keep: str = option("first", f"which channels stay: {', '.join(KEEP)}")
    init: str = option("inherit", "weights of the student made by width and depth: inherit (from "
                       "the model) or fresh")
    features: tuple[str, ...] = option((), "values inside to make alike, as name or "
                                       "student_name=teacher_name")
    feature_weight: float = option(1.0, "weight of the loss of `features`")

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, labels missing, teacher and student that do not fit."""
        yield from self.check_training(given)
        if not self.feature_weight >= 0:
            yield f"feature_weight is {self.feature_weight}; it must be 0 or more."
        teacher = given.teacher or model
        if self.student:
            yield from _misfits(load_model(self.student), teacher)
            return
        yield from _misfits(model, teacher)
        yield from self._check_derived(model)

    def _check_derived(self, model: ir.Model) -> Iterator[str]:
        if not 0 < self.width <= 1:
            yield f"width is {self.width}; it must be above 0 and at most 1."
        if not 0 <= self.depth <= 1:
            yield f"depth is {self.depth}; it must be from 0 to 1."
        for name, allowed in (("keep", KEEP), ("init", INITS)):
            if getattr(self, name) not in allowed:
                yield f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(allowed)}."
        if self.width == self.depth == 1:
            yield ("width and depth are 1, so the student would be the model itself. Set one "
                   "below 1, or name a student.")
        if self.depth < 1 and not find_blocks(model):
            yield (f"depth is {self.depth} and the model has no residual block that could be left "
                   "out. Set depth to 1.")
        if self.width < 1 and not find_groups(model).groups:
            yield f"width is {self.width} and no layer of the model can be narrowed."

    def place(self) -> Place:
        """First, where the student has nothing of the model but what it learns."""
        return Place(starts_over=bool(self.student) or self.init == "fresh")

    def twice(self) -> tuple[Distill, Distill] | None:
        """Both keep the same share of the channels and train for half of the epochs."""
        if self.place().starts_over or self.depth < 1:
            return None
        half = replace(self, width=self.width ** 0.5, epochs=self.epochs / 2)
        return half, half

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """Makes the student, then trains it."""
        from edgec.model.execute import TorchGraph

        made = self.made(model, given)
        teacher = given.teacher or model
        graph = TorchGraph(made.model)
        trained = self.finetune(graph, replace(given, teacher=teacher),
                                self._hooks(graph, teacher, given))
        return Compressed(graph.to_model(), self._report(made, model, teacher, given, trained))

    def made(self, model: ir.Model, given: Given) -> Derived:
        """The student before its training."""
        if self.student:
            return Derived(load_model(self.student), (), ())
        return derive(model, Shape(self.width, self.depth, self.keep, self.init), given)

    def _hooks(self, graph: TorchGraph, teacher: ir.Model, given: Given) -> list[Hook]:
        from edgec.compress.training.features import FeatureLoss

        if not (self.features and self.feature_weight):
            return []
        pairs = [(a, b or a) for a, _, b in (name.partition("=") for name in self.features)]
        return [FeatureLoss(teacher, graph, pairs, self.feature_weight, given.seed)]

    def _report(self, made: Derived, model: ir.Model, teacher: ir.Model, given: Given,
                trained: Trained | None) -> DistillReport:
        from edgec.compress.training.score import score_model

        before, after = inspect_model(model), inspect_model(made.model)
        task = given.task
        return DistillReport(
            self.student or "made of the model", tuple(b.sum for b in made.dropped), made.narrowed,
            (before.parameters, after.parameters), (before.macs, after.macs),
            None if task is None else score_model(teacher, task.validation, task.metric),
            () if trained is None else trained.scores, 0 if trained is None else
            trained.kept_epoch)


def _misfits(student: ir.Model, teacher: ir.Model) -> Iterator[str]:
    """Why this student cannot learn from this teacher."""
    ours, theirs = ({str(spec) for spec in input_specs(m)} for m in (student, teacher))
    if ours != theirs:
        yield (f"the student takes {', '.join(sorted(ours))} and the teacher "
               f"{', '.join(sorted(theirs))}. Both must have the same inputs.")
    shapes = [list(static_shape(m.graph.outputs[0])) for m in (student, teacher)]
    if shapes[0] != shapes[1]:
        yield (f"the student puts out {shapes[0]} and the teacher {shapes[1]}. Both must have the "
               "same outputs.")


PLUGIN = Distill
