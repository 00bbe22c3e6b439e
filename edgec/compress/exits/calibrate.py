"""Gives a model with exits the thresholds that its own validation scores allow."""

from __future__ import annotations

import onnx_ir as ir

from edgec.compress.exits.outcomes import Outcomes, outcomes
from edgec.compress.exits.thresholds import choose
from edgec.model.exits import Choice, Exit, read_exits, write_exits
from edgec.model.passes.infer_shapes import run as infer_shapes
from edgec.model.task import Task


def calibrate(model: ir.Model, task: Task, max_drop: float,
              per_exit: bool) -> tuple[ir.Model, Outcomes]:
    """A copy with thresholds, and in its metadata who leaves where; what they were chosen from.

    The score on validation falls by at most max_drop below that of the network's own end.
    """
    model = infer_shapes(model.clone())  # quantize leaves some open
    exits = read_exits(model)
    found = outcomes(model, exits, task.validation, task.metric)
    thresholds = choose(found, max_drop, per_exit)
    taken = found.taken(thresholds)
    shares, scores = found.shares(taken), found.answered(taken)
    write_exits(model, [Exit(e.output, threshold, share, score) for e, threshold, share, score in
                        zip(exits, thresholds, shares, scores, strict=False)],
                Choice(max_drop, per_exit, scores[-1]))
    return model, found
