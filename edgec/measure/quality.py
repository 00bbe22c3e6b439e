"""What a model gets right: in all, for every class, and on inputs that are worse than usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import onnx_ir as ir

from edgec.measure.robustness import class_scores, robustness
from edgec.model.task import Task


@dataclass(frozen=True)
class Quality:
    """split: the samples that all scores but `test` are of: test, where there is such a split.

    test: None without one. classes: by number; empty for other targets. corrupted: by corruption.
    """

    split: str
    test: float | None
    classes: Mapping[int, float]
    corrupted: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """As plain values; classes by their number as text, as JSON has them."""
        return asdict(self) | {"classes": {str(c): s for c, s in self.classes.items()}}


def judge(model: ir.Model, task: Task, seed: int) -> Quality:
    """Judges at the end, when nothing is chosen any more."""
    from edgec.compress.training.score import sample_scores
    from edgec.model.execute import TorchGraph

    samples = task.validation if task.test is None else task.test
    scores = sample_scores(TorchGraph(model, ()), samples, task.metric)
    return Quality("validation" if task.test is None else "test",
                   None if task.test is None else float(scores.mean()),
                   class_scores(scores, samples.targets),
                   robustness(model, samples, task, seed).scores)
