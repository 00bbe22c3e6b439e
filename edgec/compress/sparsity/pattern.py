"""Which weights go together: blocks of a register, n of every m, or single ones.

A layer's weights are a matrix [outputs, depth] in the order in which the engine reads them
(`edgec.compress.sparsity.layers`). A cell is what is kept or zeroed as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from edgec.compress.method import Array
from edgec.target.target import SPARSE_PERCENT, Target

DEPTH = 4  # int8 products that one dot-product instruction adds: the depth of a block
WITHIN = ("layer", "row", "global")
_CLOSE = 1.1  # a narrower block is worth ten percent of time: it costs less accuracy


@dataclass(frozen=True)
class Pattern:
    """Cells of `columns` neighbouring outputs x `depth` neighbouring depths of one tap.

    of: of so many cells in a row side by side (in a tap), `keep` are kept; 0: any number is.
    """

    columns: int = 1
    depth: int = 1
    keep: int = 0
    of: int = 0

    @property
    def is_blocks(self) -> bool:
        """Whether the engine can leave its cells out."""
        return self.depth == DEPTH and self.columns > 1

    @property
    def fixed_share(self) -> float | None:
        """The share of zeros that n:m has by itself."""
        return 1 - self.keep / self.of if self.of else None

    def text(self) -> str:
        """As options spell it."""
        if self.of:
            return f"{self.keep}:{self.of}"
        return f"{self.depth}x{self.columns}" if self.is_blocks else "unstructured"


def parse(text: str, target: Target | None) -> Pattern | None:
    """The pattern that an option names, `auto` being the target's block; None for no pattern."""
    if text == "auto":
        return Pattern(block_columns(target), DEPTH)
    if text == "unstructured":
        return Pattern()
    if found := re.fullmatch(r"4x(\d+)", text):
        columns = int(found[1])
        return Pattern(columns, DEPTH) if columns in SPARSE_PERCENT else None
    if found := re.fullmatch(r"(\d{1,2}):(\d{1,2})", text):
        keep, of = int(found[1]), int(found[2])
        return Pattern(1, 1, keep, of) if 0 < keep < of else None
    return None


def block_columns(target: Target | None) -> int:
    """The narrowest block that costs about what the target's cheapest does.

    Without a target the widest: where 16 columns are zero, the two halves are zero too.
    """
    if target is None:
        return max(SPARSE_PERCENT)
    percent = target.cpu.sparse_percent
    cheapest = min(percent.values())
    return min(columns for columns, cost in percent.items() if cost <= _CLOSE * cheapest)


def cell_scores(scores: Array, pattern: Pattern, taps: tuple[int, ...]) -> Array:
    """Scores [outputs, depth] summed over cells: [rows of cells, cells of a row].

    taps: the depth of each tap; cells do not reach over the end of one.
    """
    by_depth = np.add.reduceat(scores, starts(pattern, taps), axis=1)
    return np.add.reduceat(by_depth, np.arange(0, len(scores), pattern.columns), axis=0)


def spread(kept: Array, pattern: Pattern, taps: tuple[int, ...], outputs: int) -> Array:
    """Cells [rows, cells] as a mask of weights [outputs, depth]."""
    first = np.append(starts(pattern, taps), sum(taps))
    return np.repeat(kept.repeat(np.diff(first), axis=1), pattern.columns, axis=0)[:outputs]


def starts(pattern: Pattern, taps: tuple[int, ...]) -> Array:
    """The first depth of each cell."""
    begin = np.cumsum((0, *taps[:-1]))
    return np.concatenate([np.arange(at, at + depth, pattern.depth)
                           for at, depth in zip(begin, taps, strict=True)])


def choose(scores: Array, pattern: Pattern, share: float, within: str,
           taps: tuple[int, ...]) -> Array:
    """bool [rows, cells]: the cells that are kept when `share` of them goes, the lowest first.

    scores: [rows, cells] as `cell_scores` gives them. within: layer, or row for the same share
    in each row. At least one cell is kept, in each row with `row`.
    """
    if pattern.of:
        return _best_of_each(scores, pattern, taps)
    lines = scores if within == "row" else scores.reshape(1, -1)
    gone = min(lines.shape[1] - 1, round(share * lines.shape[1]))
    kept = np.ones(lines.shape, bool)
    lowest = np.argsort(lines, axis=1, kind="stable")[:, :gone]
    np.put_along_axis(kept, lowest, False, axis=1)
    return kept.reshape(scores.shape)


def _best_of_each(scores: Array, pattern: Pattern, taps: tuple[int, ...]) -> Array:
    """The best `keep` of each `of` side by side; a group that ends with its tap may be shorter."""
    kept = np.zeros(scores.shape, bool)
    for begin, depth in zip(np.cumsum((0, *taps[:-1])), taps, strict=True):
        for at in range(begin, begin + depth, pattern.of):
            group = scores[:, at:min(at + pattern.of, begin + depth)]
            best = np.argsort(-group, axis=1, kind="stable")[:, :pattern.keep]
            np.put_along_axis(kept[:, at:at + group.shape[1]], best, True, axis=1)
    return kept


def shares(scores: list[Array], share: float, most: float) -> list[float]:
    """The share of each layer's cells that goes when all layers compete, at most `most` of one.

    What a layer at that limit does not give, the others do.
    """
    flat = np.concatenate([s.reshape(-1) for s in scores])
    layer = np.repeat(np.arange(len(scores)), [s.size for s in scores])
    order = np.argsort(flat, kind="stable")
    limit = np.array([int(most * s.size) for s in scores])
    rank = np.zeros(len(flat), int)  # of a cell in its own layer
    for index in range(len(scores)):
        mine = order[layer[order] == index]
        rank[mine] = np.arange(len(mine))
    allowed = order[rank[order] < limit[layer[order]]]
    gone = np.bincount(layer[allowed[:round(share * len(flat))]], minlength=len(scores))
    return [float(g / s.size) for g, s in zip(gone, scores, strict=True)]
