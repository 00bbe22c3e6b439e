"""What an ONNX model says about its early exits, in its metadata.

Exits are plain outputs of the model. The metadata entry `edgec.exits` is JSON: their names in the
order in which they are reached, what they are judged by, and the threshold of each; how these were
chosen, and who left where then. The model's own outputs stay first, so whoever reads output 0 gets
the answer of the whole network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import onnx_ir as ir

from edgec.errors import ModelError

KEY = "edgec.exits"
MEASURE = "max_softmax"


@dataclass(frozen=True)
class Exit:
    """output: name of the logits [1, classes]. The run ends there when the largest softmax is
    threshold or more; above 1: never.

    share: of the validation samples that left there when the threshold was chosen. score: mean
    metric of what they were answered; None where nobody left, or nothing is known.
    """

    output: str
    threshold: float
    share: float | None = None
    score: float | None = None


@dataclass(frozen=True)
class Choice:
    """How thresholds were chosen: the drop allowed, whether each exit has its own, and the score
    of the answers that the network's end gave then, None where none got there.
    """

    max_drop: float
    per_exit: bool
    end_score: float | None = None


def end_of(outputs: Iterable[str], exits: Collection[str]) -> str:
    """The first output that is no exit: the answer of the whole network. All are names."""
    return next(name for name in outputs if name not in exits)


def final_output(model: ir.Model, exits: Iterable[Exit]) -> str:
    """`end_of` a model."""
    return end_of((str(v.name) for v in model.graph.outputs), {e.output for e in exits})


def read_exits(model: ir.Model) -> tuple[Exit, ...]:
    """The exits in the order in which they are reached; none for an ordinary model.

    ModelError when the metadata is damaged or names something that is not an output.
    """
    entry = _entry(model)
    if entry is None:
        return ()
    try:
        exits = tuple(Exit(str(e["output"]), float(e["threshold"]), _number(e.get("share")),
                           _number(e.get("score"))) for e in entry["exits"])
        measure = entry["measure"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(error) from None
    if measure != MEASURE:
        raise ModelError(f"the exits are judged by {measure!r}; known is {MEASURE!r}.")
    _check(model, exits)
    return exits


def read_choice(model: ir.Model) -> Choice | None:
    """How the thresholds were chosen; None where they were not chosen on data."""
    entry = _entry(model)
    found = None if entry is None else entry.get("choice")
    if found is None:
        return None
    try:
        return Choice(float(found["max_drop"]), bool(found["per_exit"]),
                      _number(found["end_score"]))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(error) from None


def write_exits(model: ir.Model, exits: Iterable[Exit], choice: Choice | None = None) -> None:
    """Puts the entry into `model`, in place of an older one."""
    entry: dict[str, Any] = {"measure": MEASURE, "exits": [asdict(e) for e in exits],
                             "choice": None if choice is None else asdict(choice)}
    model.metadata_props[KEY] = json.dumps(entry)


def run_shares(exits: Sequence[Exit]) -> tuple[float, ...]:
    """The share of the runs that ends at each exit, the network's end last: all of them there where
    nothing is known."""
    known = [0.0 if e.share is None else e.share for e in exits]
    return (*known, max(0.0, 1.0 - sum(known)))


def _entry(model: ir.Model) -> dict[str, Any] | None:
    text = model.metadata_props.get(KEY)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _damaged(error) from None
    if not isinstance(found, dict):
        raise _damaged(TypeError(f"it is a {type(found).__name__}"))
    return found


def _damaged(error: Exception) -> ModelError:
    return ModelError(f"the metadata {KEY} is not what edgec writes ({error}). Remove the entry "
                      "or place the exits again.")


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _check(model: ir.Model, exits: tuple[Exit, ...]) -> None:
    outputs = [str(value.name) for value in model.graph.outputs]
    names = [e.output for e in exits]
    if missing := [name for name in names if name not in outputs]:
        raise ModelError(f"the metadata {KEY} names {', '.join(missing)}; the model's outputs are "
                         f"{', '.join(outputs)}. Place the exits again.")
    if not exits or len(set(names)) < len(names) or len(exits) >= len(outputs):
        raise ModelError(f"the metadata {KEY} must name some outputs once each, and leave one that "
                         f"is no exit; it names {', '.join(names) or 'none'}.")
    if bad := [e.threshold for e in exits if not (math.isfinite(e.threshold) and e.threshold >= 0)]:
        raise ModelError(f"the metadata {KEY} has the threshold {bad[0]}; it must be a number, 0 "
                         "or more.")
    shares = [0.0 if e.share is None else e.share for e in exits]
    if not (all(share >= 0 for share in shares) and sum(shares) <= 1 + 1e-6):
        raise ModelError(f"the metadata {KEY} has the shares {shares}; they must be 0 or more and "
                         "add up to 1 at most.")
