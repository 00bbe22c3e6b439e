"""What an ONNX model says about its early exits, in its metadata.

Exits are plain outputs of the model. The metadata entry `edgec.exits` is JSON: their names in the
order in which they are reached, what they are judged by, and the threshold of each. The model's
own outputs stay first, so whoever reads output 0 gets the answer of the whole network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import onnx_ir as ir

from edgec.errors import ModelError

KEY = "edgec.exits"
MEASURE = "max_softmax"


@dataclass(frozen=True)
class Exit:
    """output: name of the logits [1, classes]. The run ends there when the largest softmax is
    threshold or more; above 1: never."""

    output: str
    threshold: float


def read_exits(model: ir.Model) -> tuple[Exit, ...]:
    """The exits in the order in which they are reached; none for an ordinary model.

    ModelError when the metadata is damaged or names something that is not an output.
    """
    text = model.metadata_props.get(KEY)
    if text is None:
        return ()
    try:
        found = json.loads(text)
        exits = tuple(Exit(str(e["output"]), float(e["threshold"])) for e in found["exits"])
        measure = found["measure"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the metadata {KEY} is not what edgec writes ({error}). Remove the entry "
                         "or place the exits again.") from None
    if measure != MEASURE:
        raise ModelError(f"the exits are judged by {measure!r}; known is {MEASURE!r}.")
    _check(model, exits)
    return exits


def write_exits(model: ir.Model, exits: Iterable[Exit]) -> None:
    """Puts the entry into `model`, in place of an older one."""
    entry: dict[str, Any] = {"measure": MEASURE, "exits": [asdict(e) for e in exits]}
    model.metadata_props[KEY] = json.dumps(entry)


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
