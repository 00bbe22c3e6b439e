"""What a pruning did, layer by layer and step by step, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import onnx_ir as ir

from edgec.compress.channels.cost import output_channels
from edgec.compress.channels.groups import Kept
from edgec.model.inspect import inspect_model, static_shape


@dataclass(frozen=True)
class Layer:
    """A layer with weights, before and after. macs: of one run."""

    name: str
    op: str
    channels: tuple[int, int]
    macs: tuple[int, int]
    parameters: tuple[int, int]


@dataclass(frozen=True)
class Step:
    """One removal and the training behind it.

    goal: share of the cost that shall be gone; gone: the share that was. removed: units by group.
    Scores on validation, None without labels. rolled_back: the accuracy gate broke, so this step
    was undone and pruning stopped.
    """

    goal: float
    gone: float
    removed: Mapping[str, int]
    score_removed: float | None
    score_trained: float | None
    rolled_back: bool


@dataclass(frozen=True)
class PruneReport:
    """score: on validation before anything. kept: channels that could not go, and why."""

    layers: tuple[Layer, ...]
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]
    score: float | None
    macs: tuple[int, int]
    parameters: tuple[int, int]
    round_to: int
    notes: tuple[str, ...]
    options: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {"method": "prune", **asdict(self)}


def layers(before: ir.Model, after: ir.Model) -> tuple[Layer, ...]:
    """A line for every layer with weights, in execution order."""
    old, new = ({n.name: n for n in inspect_model(m).nodes} for m in (before, after))
    left = {str(node.name): output_channels(node, static_shape) for node in after.graph}
    found = []
    for node in before.graph:
        name, channels = str(node.name), output_channels(node, static_shape)
        if channels:
            a, b = old[name], new[name]
            found.append(Layer(name, node.op_type, (channels, left[name]), (a.macs, b.macs),
                               (a.parameters, b.parameters)))
    return tuple(found)
