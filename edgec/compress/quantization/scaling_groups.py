"""Finds the tensors whose channels can be rescaled without changing what the model computes.

Dividing channel i of a tensor by s_i > 0 passes through ReLU, additions, poolings and paddings with
zeros. It can be made good where a linear layer writes the tensor (divide the weight's row and the
bias) and where one reads it (multiply the weight's column). A group is a set of tensors that must
share one s: two layers in a row, or a whole residual stream.

       conv ──► relu ──► conv           conv ─► add ─► conv
       /s        t        *s            /s   t   ▲  t   *s
                                               t └─ conv /s
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.quantization import rules
from edgec.compress.quantization.policy import consumers
from edgec.compress.quantization.units import Unit, bias_value, find_units, weight_value

_KEEP_CHANNELS = frozenset({"MaxPool", "AveragePool", "GlobalAveragePool", "Identity"})
_MERGE_SHAPE = frozenset({"Reshape", "Flatten", "Squeeze"})


@dataclass(frozen=True)
class ScalingGroup:
    """Tensors that share their channels' scale, and the linear units around them.

    axis: which dimension of every tensor counts channels. caps: the upper ends of Clip(0, cap) by
    tensor name; empty when there is none.
    """

    tensors: tuple[str, ...]
    producers: tuple[Unit, ...]
    consumers: tuple[Unit, ...]
    axis: int
    caps: Mapping[str, float]


def find_groups(graph: ir.Graph) -> tuple[ScalingGroup, ...]:
    """All groups of `graph`, in the order of their first tensor."""
    units = find_units(graph)
    readers = consumers(units)
    search = _Search()
    for unit in units:
        _visit(unit, search)
    for value in graph.inputs:
        search.block(value)
    for value in [v for u in units for v in u.outputs]:
        if value.is_graph_output() or not readers.get(value):
            search.block(value)
    return tuple(group for members in search.groups() if (group := _group(members, units)))


class _Search:
    """Disjoint sets of values; a blocked set cannot be rescaled."""

    def __init__(self) -> None:
        self._parent: dict[ir.Value, ir.Value] = {}
        self._blocked: set[ir.Value] = set()

    def root(self, value: ir.Value) -> ir.Value:
        parent = self._parent.setdefault(value, value)
        while parent is not self._parent[parent]:
            parent = self._parent[parent]
        return parent

    def join(self, first: ir.Value, second: ir.Value) -> None:
        self._parent[self.root(second)] = self.root(first)

    def block(self, value: ir.Value) -> None:
        self.root(value)
        self._blocked.add(value)

    def groups(self) -> list[list[ir.Value]]:
        """The sets without a blocked value."""
        found: dict[ir.Value, list[ir.Value]] = {}
        for value in self._parent:
            found.setdefault(self.root(value), []).append(value)
        return [members for members in found.values()
                if not any(value in self._blocked for value in members)]


def _visit(unit: Unit, search: _Search) -> None:
    """Join or block what the unit reads and writes."""
    outer = [v for node in unit.nodes for v in node.inputs if v is not None]
    if unit.kind == "linear" and owns_parameters(unit):
        search.root(unit.output)
        others = [v for v in outer if v is not unit.inputs[0]]
        if upper_end(unit.activation) is None:
            search.block(unit.output)
    elif _keeps_channels(unit):
        for value in unit.inputs:
            search.join(unit.output, value)
        others = []
    else:
        others = [*outer, *unit.outputs]
    inner = {output for node in unit.nodes[:-1] for output in node.outputs}
    for value in others:
        if value not in inner and rules.constant(value) is None:
            search.block(value)


def _keeps_channels(unit: Unit) -> bool:
    source, result = unit.inputs[0] if unit.inputs else None, unit.output
    if source is None or source.shape is None or result.shape is None:
        return False
    if unit.op == "Add":
        same = all(rules.constant(v) is None and v.shape == result.shape for v in unit.inputs)
        return same and upper_end(unit.activation) is not None
    if unit.kind == "lookup":
        return upper_end(unit.nodes[0]) is not None
    if unit.op == "Pad":
        pads = rules.constant(unit.nodes[0].inputs[1])
        return (pads is not None and pads.size == 2 * len(source.shape)
                and source.shape[1] == result.shape[1])
    if unit.op in _MERGE_SHAPE:
        dims = [d for d in source.shape if isinstance(d, int)]
        return list(result.shape) == dims[:2] and math.prod(dims[2:]) == 1
    if unit.op == "ReduceMean":
        return len(source.shape) == 4 and source.shape[1] == result.shape[1] \
            and len(result.shape) != 3
    return unit.kind in ("share", "pool") and unit.op in _KEEP_CHANNELS


def _group(members: Sequence[ir.Value], units: Sequence[Unit]) -> ScalingGroup | None:
    producers = tuple(u for u in units if u.kind == "linear" and u.output in members)
    readers = tuple(u for u in units if u.kind == "linear" and u.inputs[0] in members)
    axes = {channel_axis(u, u.output) for u in producers}
    axes |= {channel_axis(u, u.inputs[0]) for u in readers}
    if not producers or not readers or len(axes) != 1:
        return None
    caps = {}
    for unit in units:
        clamp = unit.activation or (unit.nodes[0] if unit.kind == "lookup" else None)
        if unit.output in members and clamp is not None:
            caps[str(unit.output.name)] = upper_end(clamp)
    finite = {name: cap for name, cap in caps.items() if cap is not None and math.isfinite(cap)}
    return ScalingGroup(tuple(str(v.name) for v in members), producers, readers, axes.pop(), finite)


def channel_axis(unit: Unit, value: ir.Value) -> int:
    """Which dimension of `value`, an input or output of a linear unit, counts channels."""
    assert value.shape is not None
    return 1 if unit.op == "Conv" else len(value.shape) - 1


def owns_parameters(unit: Unit) -> bool:
    """Whether no other node reads the unit's weight and bias."""
    values = [weight_value(unit), bias_value(unit)]
    return all(len(v.uses()) == 1 for v in values if v is not None)


def upper_end(activation: ir.Node | None) -> float | None:
    """The cap of a Relu or Clip(0, cap), inf for none; None where relu(x/s) is not relu(x)/s."""
    if activation is None or activation.op_type == "Relu":
        return math.inf
    if activation.op_type != "Clip":
        return None
    low, high = (rules.constant(v) for v in (*activation.inputs[1:], None, None)[:2])
    if low is None or float(low.reshape(())) != 0:
        return None
    return math.inf if high is None else float(np.asarray(high).reshape(()))
