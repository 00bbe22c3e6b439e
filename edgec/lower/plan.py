"""Where every activation lies in the arena: buffers with lifetimes, then their offsets.

A tensor lives from the step that writes it to the last step that reads it. Model inputs live from
before the first step, model outputs to after the last. Tensors that share memory are one buffer:

* the output of a reshape is its input;
* the output of an op that works in place (`Op.in_place`) takes over an input of the same size that
  nobody reads later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgec.lower import catalog
from edgec.lower.graph import Graph, Node
from edgec.lower.packing import Buffer, aligned, bound, pack


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
    packed = [(buffers, pack(list(buffers.values()))) for buffers in choices]
    buffers, (offsets, size) = min(packed, key=lambda p: p[1][1])
    return Plan({name: offsets[buffer] for name, buffer in buffers.items()}, size,
                bound(buffers.values()))


def lifetimes(graph: Graph, *, prefer_last: bool = False) -> dict[str, Buffer]:
    """The buffer of each tensor that is not constant. Steps are node indices; inputs: -1.

    prefer_last: which dying input an op of several in-place inputs takes over.
    """
    ends = _last_uses(graph)
    shares = _Shares(graph, ends)
    for name in graph.inputs:
        shares.start(name, -1)
    for step, node in enumerate(graph.nodes):
        taken = shares.taken_over(node, step, prefer_last)
        for name in node.outputs:
            shares.start(name, step, taken)
    return shares.buffers()


def _last_uses(graph: Graph) -> dict[str, int]:
    """The last step that needs each tensor; of one that nobody reads, the step that writes it."""
    ends: dict[str, int] = {}
    for step, node in enumerate(graph.nodes):
        ends.update(dict.fromkeys((*node.inputs, *node.outputs), step))
    ends.update(dict.fromkeys(graph.outputs, len(graph.nodes)))
    return ends


class _Shares:
    """Which tensors share memory: each group under its first tensor."""

    def __init__(self, graph: Graph, ends: Mapping[str, int]) -> None:
        self._tensors, self._ends = graph.tensors, ends
        self._root: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._first: dict[str, int] = {}

    def start(self, name: str, step: int, root: str | None = None) -> None:
        """A tensor written at `step`, in the memory of the group `root` or in its own."""
        self._root[name] = root or name
        self._members.setdefault(self._root[name], []).append(name)
        self._first.setdefault(self._root[name], step)

    def taken_over(self, node: Node, step: int, prefer_last: bool) -> str | None:
        """The group whose memory the node's output takes over, if there is one."""
        if node.op == "reshape":
            return self._root.get(node.inputs[0])
        allowed = catalog.ops()[node.op].in_place
        size = self._tensors[node.outputs[0]].nbytes
        others = {self._root.get(n) for i, n in enumerate(node.inputs) if i not in allowed}
        for index in reversed(allowed) if prefer_last else allowed:
            name = node.inputs[index]
            root = self._root.get(name)
            if (root is not None and root not in others and self._tensors[name].nbytes == size
                    and self._last(root) <= step):
                return root
        return None

    def buffers(self) -> dict[str, Buffer]:
        """The result, by tensor."""
        made = {root: Buffer(root, aligned(self._tensors[root].nbytes), self._first[root],
                             max(self._last(root), self._first[root])) for root in self._members}
        return {name: made[root] for name, root in self._root.items()}

    def _last(self, root: str) -> int:
        return max(self._ends.get(name, -1) for name in self._members[root])

