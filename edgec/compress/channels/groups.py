"""Which parts of a graph must be removed together: channels, attention heads, neurons.

Fang et al. 2023, arXiv 2301.12900 (DepGraph), section 3: a group is everything that loses the same
index when one layer loses an output channel. Here they follow from one walk over the graph, see
`trace.py`. An operation that is not known keeps the channels that reach it: never a wrong cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.channels import elementwise, layers, movement
from edgec.compress.channels.atoms import Atoms, Components
from edgec.compress.channels.trace import Trace, compressed, varying
from edgec.compress.criterion import Slice, Unit

RULES = {**elementwise.RULES, **layers.RULES, **movement.RULES}


@dataclass(frozen=True)
class Group:
    """Units of one kind, of which any may go as long as one is left.

    name: the first layer that makes them. layers: all that do. width: channels of that layer that
    one unit is, for example the width of an attention head. Units are in the order of channels.
    """

    name: str
    layers: tuple[str, ...]
    width: int
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Kept:
    """Channels of a layer that cannot go: how many, of how many, and why."""

    layer: str
    channels: int
    of: int
    reason: str


@dataclass(frozen=True)
class Channels:
    """All groups of a model, and what cannot be removed."""

    groups: tuple[Group, ...]
    kept: tuple[Kept, ...]


def find_groups(model: ir.Model) -> Channels:
    """What of a model with static shapes can be removed; the model is untouched."""
    trace = _walk(model.graph)
    parts = _settle(trace)
    slices, values = _by_root(_tied(trace, parts)), _by_root(_carried(trace, parts))
    makers: dict[int, list[str]] = {}
    for node, atoms in trace.layers:
        for root in np.unique(parts.root[atoms]).tolist():
            makers.setdefault(root, []).append(str(node.name))
    found: dict[object, list[tuple[int, Unit]]] = {}
    for root in sorted(slices):
        unit = Unit(makers[root][0], tuple(slices[root]), tuple(values.get(root, ())))
        places = tuple((s.name, s.axis) for s in (*unit.slices, *unit.values))
        found.setdefault(places, []).append((root, unit))
    groups = [Group(units[0][1].layer, tuple(makers[units[0][0]]),
                    len(units[0][1].slices[0].indices), tuple(unit for _, unit in units))
              for units in found.values()]
    return Channels(tuple(g for g in groups if len(g.units) > 1), tuple(_kept(trace, parts)))


def _walk(graph: ir.Graph) -> Trace:
    """The trace of all nodes. A node with a graph inside might read anything: nothing may go."""
    trace = Trace()
    for node in graph:
        rule = RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        if any(isinstance(a.value, ir.Graph) for a in node.attributes.values()):
            trace.keep(node, list(trace.labels), "it holds a graph")
        elif rule is None or (node.op_type != "Split" and _used_outputs(node) > 1):
            trace.refuse(node, "what it does to channels is not known")
        else:
            rule(trace, node)
    for value in graph.outputs:
        trace.atoms.keep(trace.of(value), f"{value.name} is an output of the model")
    for (constant, _), by_node in trace.ties.items():
        others = [str(node.name) for node in constant.consumers() if node not in by_node]
        first = next(iter(by_node.values()))
        for atoms in by_node.values():
            trace.atoms.join(first, atoms, f"{constant.name} is shared with channels that stay")
            if others or constant.is_graph_output():
                trace.atoms.keep(atoms, f"{constant.name} is read elsewhere too")
    return trace


def _used_outputs(node: ir.Node) -> int:
    return sum(bool(v.uses()) or v.is_graph_output() for v in node.outputs)


def _settle(trace: Trace) -> Components:
    """Joins until every value is left a whole box when any component goes."""
    while True:
        parts = trace.atoms.components()
        if not (_keep_last_ones(trace, parts) or _make_a_box(trace, parts)):
            return parts


def _keep_last_ones(trace: Trace, parts: Components) -> bool:
    """Keeps what would leave nothing, and what is picked by number; whether there was any."""
    changed = False
    for value, labels in trace.labels.items():
        roots = compressed(parts.root[labels])
        if roots.size == 1 and roots.any():
            trace.atoms.keep(roots.ravel(), f"{value.name} would be left empty")
            changed = True
    for value, axis, why in trace.fixed:
        roots = compressed(parts.root[trace.of(value)])
        if roots.shape[axis] > 1 and roots.any():
            trace.atoms.keep(roots.ravel(), why)
            changed = True
    return changed


def _make_a_box(trace: Trace, parts: Components) -> bool:
    """Joins the channels of one value that would lose some along several axes, if there is one.

    Whole slices along its longest axis go together: one value at a time, as that settles others.
    """
    for value, labels in trace.labels.items():
        roots = compressed(parts.root[labels])
        axes = varying(roots)
        if len(axes) > 1:
            longest = max(axes, key=lambda axis: roots.shape[axis])
            rows = np.moveaxis(roots, longest, 0).reshape(roots.shape[longest], -1)
            trace.atoms.join(rows, rows[:, :1], f"{value.name} would not be left a whole box")
            return True
    return False


def _tied(trace: Trace, parts: Components) -> Iterable[tuple[str, int, Atoms]]:
    for (constant, axis), by_node in trace.ties.items():
        yield str(constant.name), axis, parts.root[next(iter(by_node.values()))]


def _carried(trace: Trace, parts: Components) -> Iterable[tuple[str, int, Atoms]]:
    for value, labels in trace.labels.items():
        roots = compressed(parts.root[labels])
        for axis in varying(roots):
            yield str(value.name), axis, roots.ravel()


def _by_root(places: Iterable[tuple[str, int, Atoms]]) -> dict[int, list[Slice]]:
    """For every root the indices that have it, place by place."""
    found: dict[int, list[Slice]] = {}
    for name, axis, roots in places:
        indices: dict[int, list[int]] = {}
        for index, root in enumerate(roots.tolist()):
            if root:
                indices.setdefault(root, []).append(index)
        for root, own in indices.items():
            found.setdefault(root, []).append(Slice(name, axis, tuple(own)))
    return found


def _kept(trace: Trace, parts: Components) -> Iterable[Kept]:
    """A line for every layer with channels that stay; the reason of the first of them."""
    for node, atoms in trace.layers:
        stay = atoms[parts.root[atoms] == 0]
        if len(stay):
            yield Kept(str(node.name), len(stay), len(atoms), parts.reason(int(stay[0])))
