"""One number for a compressed model, and the gates that come before it.

The score is Σ weight · log2(before / after) over latency, bytes, memory and energy, where both
are known: ratios add up in logarithms, so no axis rules by its unit. What a model gets right is
never part of it: limits are gates, and a model that breaks one has no score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from edgec.compress.cost import Cost

AXES = ("latency", "bytes", "memory", "energy")


@dataclass(frozen=True)
class Composite:
    """terms: log2 of before / after by axis, of those that are known. total: None when a gate
    failed.
    """

    terms: Mapping[str, float]
    failed: tuple[str, ...]

    @property
    def total(self) -> float | None:
        """The sum of the terms: 1 means that one axis halved."""
        return None if self.failed else sum(self.terms.values())


def composite(before: Cost, after: Cost, failed: tuple[str, ...] = ()) -> Composite:
    """The score with every weight 1. failed: the limits that the model breaks, in words."""
    pairs = {"latency": (before.latency_us, after.latency_us), "bytes": (before.bytes, after.bytes),
             "memory": (before.arena_bytes, after.arena_bytes),
             "energy": (before.energy_uj, after.energy_uj)}
    return Composite({axis: math.log2(old / new) for axis, (old, new) in pairs.items()
                      if old and new}, failed)
