"""Where every activation lies in the arena: buffers with lifetimes, then their offsets.

A tensor lives from the step that writes it to the last step that reads it. Model inputs live from
before the first step, model outputs to after the last. Tensors that share memory are one buffer:

* reshapes, slices and concatenations that move nothing (`views.py`);
* the output of an op that works in place (`Op.in_place`) takes over an input of the same size that
  nobody reads later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgec.lower import catalog
from edgec.lower.graph import Graph, Node
from edgec.lower.packing import Buffer, aligned, bound, pack
from edgec.lower.views import placed_parts, view_of_input


@dataclass(frozen=True)
class Plan:
    """offsets: byte offset in the arena of every tensor that is not constant.

    lower_bound_bytes: what the busiest step needs, with these buffers in this order of nodes.
    """

    offsets: Mapping[str, int]
    arena_bytes: int
    lower_bound_bytes: int


def plan(graph: Graph) -> Plan:
    """The smallest arena found for `graph`; the same graph gives the same plan."""
    choices = (lifetimes(graph), lifetimes(graph, prefer_last=True))
    packed = [(places, pack(place.buffer for place in places.values())) for places in choices]
    places, (offsets, size) = min(packed, key=lambda p: p[1][1])
    return Plan({name: offsets[place.buffer] + place.at for name, place in places.items()}, size,
                bound(place.buffer for place in places.values()))


@dataclass(frozen=True)
class Place:
    """A tensor's memory: from byte `at` of a buffer."""

    buffer: Buffer
    at: int


def lifetimes(graph: Graph, *, prefer_last: bool = False) -> dict[str, Place]:
    """The place of each tensor that is not constant. Steps are node indices; inputs: -1.

    prefer_last: which dying input an op of several in-place inputs takes over.
    """
    shares = _Shares(graph)
    for name in graph.inputs:
        shares.start(name, -1)
    for step, node in enumerate(graph.nodes):
        taken = shares.taken_over(node, step, prefer_last)
        for name in node.outputs:
            shares.start(name, step, taken)
    return shares.places()


def _last_uses(graph: Graph) -> dict[str, int]:
    """The last step that needs each tensor; of one that nobody reads, the step that writes it."""
    ends: dict[str, int] = dict.fromkeys(graph.inputs, -1)
    for step, node in enumerate(graph.nodes):
        ends.update(dict.fromkeys((*node.inputs, *node.outputs), step))
    ends.update(dict.fromkeys(graph.outputs, len(graph.nodes)))
    return ends


class _Shares:
    """Which tensors share memory: groups under the name of the tensor that has all of it."""

    def __init__(self, graph: Graph) -> None:
        self._tensors, self._ends = graph.tensors, _last_uses(graph)
        self._parts = placed_parts(graph)
        self._at: dict[str, tuple[str, int]] = {}  # group and byte of each tensor
        self._members: dict[str, list[str]] = {}
        self._first: dict[str, int] = {}

    def start(self, name: str, step: int, taken: tuple[str, int] | None = None) -> None:
        """A tensor written at `step`: in memory taken over, where it is a part, or in its own."""
        group, at = taken or self._own(name)
        self._at[name] = group, at
        self._members.setdefault(group, []).append(name)
        self._first.setdefault(group, step)

    def _own(self, name: str) -> tuple[str, int]:
        """A concatenation's output may be part of another's."""
        at = 0
        while name in self._parts:
            name, inner = self._parts[name]
            at += inner
        return name, at

    def taken_over(self, node: Node, step: int, prefer_last: bool) -> tuple[str, int] | None:
        """Group and byte that the node's output takes over, if it does."""
        output = node.outputs[0]
        view = view_of_input(node, self._tensors)
        if view is not None and node.inputs[0] in self._at:
            group, at = self._at[node.inputs[0]]
            return group, at + view
        if output in self._parts:
            return None
        allowed = catalog.ops()[node.op].in_place
        for index in reversed(allowed) if prefer_last else allowed:
            place = self._at.get(node.inputs[index])
            if place is not None and self._last(place[0]) <= step \
                    and self._tensors[node.inputs[index]].nbytes == self._tensors[output].nbytes \
                    and self._only_there(node, place, allowed):
                return place
        return None

    def _only_there(self, node: Node, place: tuple[str, int], allowed: tuple[int, ...]) -> bool:
        """Whether the node reads the group at that very place only, by inputs that are allowed."""
        return all(self._at[name] == place and index in allowed
                   and self._tensors[name].nbytes == self._tensors[node.outputs[0]].nbytes
                   for index, name in enumerate(node.inputs)
                   if name in self._at and self._at[name][0] == place[0])

    def places(self) -> dict[str, Place]:
        """The result, by tensor."""
        made = {group: Buffer(group, aligned(self._tensors[group].nbytes), self._first[group],
                              self._last(group)) for group in self._members}
        return {name: Place(made[group], at) for name, (group, at) in self._at.items()}

    def _last(self, group: str) -> int:
        return max(self._ends[name] for name in self._members[group])
