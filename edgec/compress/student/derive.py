"""A student out of its teacher's graph: fewer residual blocks, narrower layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress import criterion as criteria
from edgec.compress.channels.groups import Group, find_groups
from edgec.compress.channels.remove import remove
from edgec.compress.method import Array, Given
from edgec.compress.student.blocks import Block, drop_blocks, find_blocks, spread
from edgec.compress.student.fresh import fresh_weights

KEEP = ("first", *criteria.names())
INITS = ("inherit", "fresh")


@dataclass(frozen=True)
class Derived:
    """A smaller network, the sums of the blocks that it lacks, and (layer, channels, of)."""

    model: ir.Model
    dropped: tuple[Block, ...]
    narrowed: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Shape:
    """width, depth: shares of channels and of residual blocks that stay.

    keep: which channels, `first` or the best by a criterion. init: weights of what stays, or fresh.
    """

    width: float
    depth: float
    keep: str
    init: str


def derive(model: ir.Model, shape: Shape, given: Given) -> Derived:
    """The student; `model` is untouched."""
    dropped = spread(find_blocks(model), shape.depth)
    made = drop_blocks(model, dropped)
    narrowed: list[tuple[str, int, int]] = []
    if shape.width < 1:
        made, narrowed = _narrow(made, shape, given)
    if shape.init == "fresh":
        made = fresh_weights(made, given.seed)
    return Derived(made, dropped, tuple(narrowed))


def _narrow(model: ir.Model, shape: Shape,
            given: Given) -> tuple[ir.Model, list[tuple[str, int, int]]]:
    """Every group of channels with the same share of its units."""
    gone, narrowed = [], []
    for group in find_groups(model).groups:
        kept = max(1, round(shape.width * len(group.units)))
        scores = _scores(model, group, shape.keep, given)
        best = np.argsort(-scores, kind="stable")
        gone += [group.units[i] for i in sorted(best[kept:].tolist())]
        narrowed.append((group.name, kept * group.width, len(group.units) * group.width))
    return remove(model, gone), narrowed


def _scores(model: ir.Model, group: Group, keep: str, given: Given) -> Array:
    if keep == "first":
        return -np.arange(len(group.units), dtype=np.float64)
    return criteria.load(keep).units(model, group.units, given)
