"""What early exits do: who leaves where, what a run costs, what it could cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.exits.branches import macs_until, needs, parameters, tap
from edgec.compress.exits.outcomes import Outcomes
from edgec.compress.exits.thresholds import Point, curve
from edgec.model.exits import Exit, final_output


@dataclass(frozen=True)
class ExitRow:
    """One exit on validation: its threshold, its own score on all samples, who leaves there.

    macs: of a run that ends there, with the heads of the exits before it.
    """

    output: str
    behind: str
    threshold: float
    score: float
    share: float
    macs: int


@dataclass(frozen=True)
class EarlyExitReport:
    """exits: in order, the network's end last. Scores and costs are means over validation.

    mean_macs: the expected cost of a run. worst_macs: of one that passes all exits. plain_macs: of
    the network without exits. score: with the thresholds; whole_score: of the network's end;
    oracle: if the first right answer were always taken. head_parameters: memory that they cost.
    """

    exits: tuple[ExitRow, ...]
    score: float
    whole_score: float
    oracle: float
    mean_macs: float
    worst_macs: int
    plain_macs: int
    head_parameters: int
    curve: tuple[Point, ...]
    options: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def report(model: ir.Model, exits: Sequence[Exit], found: Outcomes,
           options: Mapping[str, Any]) -> EarlyExitReport:
    """Of a model with exits at these thresholds, and what was found on validation."""
    end = final_output(model, exits)
    network = needs(model, end)
    heads = {node for e in exits for node in needs(model, e.output)} - network
    taken = found.taken([e.threshold for e in exits])
    names, thresholds = [*(e.output for e in exits), end], [*(e.threshold for e in exits), 0.0]
    taps = [*(tap(model, e.output, network) for e in exits), ""]
    rows = tuple(
        ExitRow(name, behind, threshold, float(scores.mean()), share, int(macs))
        for name, behind, threshold, scores, share, macs in zip(
            names, taps, thresholds, found.scores, found.shares(taken), found.macs, strict=True))
    return EarlyExitReport(
        rows, found.score(taken), float(found.scores[-1].mean()),
        float(np.max(found.scores, axis=0).mean()), found.cost(taken), int(found.macs[-1]),
        int(macs_until(model, [end])[0]), parameters(heads), curve(found), options)
