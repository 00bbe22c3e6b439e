"""How a target stores a sparse layer: sparse or dense, whatever costs less there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgec.compress.method import Array
from edgec.compress.sparsity.pattern import DEPTH, Pattern, cell_scores
from edgec.target.target import SPARSE_PERCENT, Target


def percent_of(target: Target | None) -> Mapping[int, int]:
    """`sparse_percent` of the target's CPU, or that of a CPU which nobody has measured."""
    return SPARSE_PERCENT if target is None else target.cpu.sparse_percent


def break_even(pattern: Pattern, target: Target | None) -> float:
    """The share of zero blocks from which on sparse costs less than dense."""
    return max(0.0, 1 - 100 / percent_of(target)[pattern.columns])


def stored(weight: Array, taps: tuple[int, ...], target: Target | None) -> str:
    """sparse or dense, and why, for weights [outputs, depth] in the engine's order."""
    percent = percent_of(target)
    kept = {columns: _kept(weight, Pattern(columns, DEPTH), taps) for columns in percent}
    best = min(kept, key=lambda columns: (kept[columns] * percent[columns], -columns))
    word = "sparse" if kept[best] * percent[best] < 100 else "dense"
    return (f"{word}: {1 - kept[best]:.0%} of {best}x{DEPTH} blocks are zero, break-even "
            f"{break_even(Pattern(best, DEPTH), target):.0%}")


def _kept(weight: Array, pattern: Pattern, taps: tuple[int, ...]) -> float:
    return float(np.mean(cell_scores((weight != 0).astype(np.float64), pattern, taps) > 0))
