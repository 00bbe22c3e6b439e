"""Where every activation lies in the arena: lifetimes, then offsets without overlap.

A tensor lives from the step that writes it to the last step that reads it. Model inputs live from
before the first step, model outputs to after the last. A reshape moves nothing, so its output
shares its input's memory, and both count as one buffer.

Packing is first-fit into the lowest gap, in three orders of which the best result is kept:
largest first, by execution step, and largest first within the busiest step (the last two after
Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edgec.lower.graph import Graph

ALIGNMENT = 64  # bytes: one cache line, one AVX-512 register


@dataclass(frozen=True)
class Plan:
    """offsets: byte offset in the arena of every tensor that is not constant.

    lower_bound_bytes: what the busiest step needs; no plan can have a smaller arena_bytes.
    """

    offsets: Mapping[str, int]
    arena_bytes: int
    lower_bound_bytes: int


@dataclass(frozen=True)
class Buffer:
    """Memory shared by `tensors`, in use from step `first` to step `last`, both included."""

    tensors: tuple[str, ...]
    size_bytes: int
    first: int
    last: int

    def meets(self, other: Buffer) -> bool:
        """Whether both are in use at some step."""
        return self.first <= other.last and other.first <= self.last


def plan(graph: Graph) -> Plan:
    """The smallest arena found for `graph`; the same graph gives the same plan."""
    buffers = lifetimes(graph)
    busiest = _live_bytes(buffers, len(graph.nodes))
    bound = max(busiest, default=0)
    orders = (
        sorted(buffers, key=lambda b: (-b.size_bytes, b.first)),
        sorted(buffers, key=lambda b: (b.first, -b.size_bytes)),
        sorted(buffers, key=lambda b: (-max(busiest[b.first + 1:b.last + 2]), -b.size_bytes)),
    )
    offsets = min((_pack(order) for order in orders), key=lambda o: _arena_bytes(buffers, o))
    return Plan({name: offsets[b] for b in buffers for name in b.tensors},
                _arena_bytes(buffers, offsets), bound)


def lifetimes(graph: Graph) -> list[Buffer]:
    """The buffers of a graph, by first use. Steps are node indices; inputs are written at -1."""
    owner: dict[str, str] = {}  # tensor to the tensor whose memory it shares
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for name in graph.inputs:
        owner[name], first[name], last[name] = name, -1, -1
    for step, node in enumerate(graph.nodes):
        for name in node.inputs:
            if name in owner:
                last[owner[name]] = step
        for name in node.outputs:
            source = owner.get(node.inputs[0]) if node.op == "reshape" else None
            owner[name] = source or name
            first.setdefault(owner[name], step)
            last[owner[name]] = step
    for name in graph.outputs:
        if name in owner:
            last[owner[name]] = len(graph.nodes)
    members: dict[str, list[str]] = {}
    for name, root in owner.items():
        members.setdefault(root, []).append(name)
    return [Buffer(tuple(members[root]), aligned(graph.tensors[root].nbytes), first[root],
                   last[root]) for root in members]


def aligned(size_bytes: int) -> int:
    """Rounded up to the alignment."""
    return -(-size_bytes // ALIGNMENT) * ALIGNMENT


def _live_bytes(buffers: Iterable[Buffer], steps: int) -> list[int]:
    """Bytes in use at each step from -1 to `steps`."""
    live = [0] * (steps + 2)
    for buffer in buffers:
        for step in range(buffer.first, buffer.last + 1):
            live[step + 1] += buffer.size_bytes
    return live


def _pack(order: Sequence[Buffer]) -> dict[Buffer, int]:
    """Each buffer in turn into the lowest gap between those it meets."""
    offsets: dict[Buffer, int] = {}
    for buffer in order:
        taken = sorted((offset, offset + other.size_bytes)
                       for other, offset in offsets.items() if other.meets(buffer))
        place = 0
        for start, end in taken:
            if place + buffer.size_bytes <= start:
                break
            place = max(place, end)
        offsets[buffer] = place
    return offsets


def _arena_bytes(buffers: Iterable[Buffer], offsets: Mapping[Buffer, int]) -> int:
    return max((offsets[b] + b.size_bytes for b in buffers), default=0)
