"""Which units go, so that a model costs as much as is wanted: those with the lowest scores.

All groups are ranked together. Each keeps a least number of units, and a number that kernels like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.compress.channels.groups import Group
from edgec.compress.criterion import Unit
from edgec.compress.method import Array

Key = tuple[tuple[str, int], ...]


def key(group: Group) -> Key:
    """What stays the same about a group when units go."""
    first = group.units[0]
    return tuple((s.name, s.axis) for s in (*first.slices, *first.values))


@dataclass(frozen=True)
class Limits:
    """round_to: channels are kept in multiples of it. least: units that each group keeps."""

    round_to: int
    least: Mapping[Key, int]

    @classmethod
    def of(cls, groups: Sequence[Group], round_to: int, max_per_layer: float) -> Limits:
        """At most the share `max_per_layer` of each of these groups may go."""
        return cls(round_to, {key(g): max(1, math.ceil(len(g.units) * (1 - max_per_layer) - 1e-9))
                              for g in groups})

    def kept(self, group: Group, wanted: int) -> int:
        """The number of units to keep: the next allowed one from `wanted` on."""
        step = self.round_to // math.gcd(group.width, self.round_to)
        least = max(wanted, self.least.get(key(group), 1))
        return min(len(group.units), -(-least // step) * step)


def choose(groups: Sequence[Group], scores: Sequence[Array], limits: Limits,
           fits: Callable[[Sequence[Unit]], bool]) -> tuple[Unit, ...]:
    """The fewest units without which the model fits; all that may go when it never does.

    scores: one array [units] for each group. fits: whether a model without these units is small
    enough; it must hold for more units when it holds for fewer.
    """
    ranked = np.argsort(np.concatenate([np.zeros(0), *scores]), kind="stable")
    owner = np.repeat(np.arange(len(groups)), [len(g.units) for g in groups])[ranked]

    def lowest(count: int) -> tuple[Unit, ...]:
        wanted = np.bincount(owner[:count], minlength=len(groups))
        gone: list[Unit] = []
        for group, own, number in zip(groups, scores, wanted.tolist(), strict=True):
            left = limits.kept(group, len(group.units) - number)
            order = np.argsort(own, kind="stable")[:len(group.units) - left]
            gone += [group.units[i] for i in sorted(order.tolist())]
        return tuple(gone)

    few, many = 0, len(ranked)
    while few < many:
        middle = (few + many) // 2
        few, many = (few, middle) if fits(lowest(middle)) else (middle + 1, many)
    return lowest(few)
