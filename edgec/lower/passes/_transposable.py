"""How each op is written when a transpose that stood before it comes after it instead.

A transpose with perm p gives axis i of its result from axis p[i] of its input. `sunk` says, for a
node that reads transposed values, which attributes it has on the values before the transpose, and
which perm its own result then needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from edgec.lower.graph import Node
from edgec.lower.ops.reshape import Reshape

Perm = tuple[int, ...]
Shape = tuple[int, ...]

ELEMENTWISE = frozenset({"unary", "lut", "quantize", "dequantize", "cast"})
BINARY = frozenset({"add", "sub", "mul", "div", "minimum", "maximum", "pow"})
_LAST_AXIS = frozenset({"softmax", "layer_norm", "fully_connected"})
_REDUCTIONS = frozenset({"mean", "reduce_sum", "reduce_max"})


@dataclass(frozen=True)
class Sunk:
    """A node's attributes before the transpose, and the perm after it."""

    attributes: Any
    perm: Perm


def sunk(node: Node, perm: Perm, before: Shape, after: Shape) -> Sunk | None:
    """For a node whose first input is transposed by `perm`; None when the two do not commute.

    before: the shape that the transpose reads. after: the shape that the node gives.
    """
    attributes = node.attributes
    if node.op in ELEMENTWISE or node.op in BINARY:
        return Sunk(attributes, perm)
    if node.op in _LAST_AXIS:
        return Sunk(attributes, perm) if perm[-1] == len(perm) - 1 else None
    if node.op in _REDUCTIONS:
        return _reduction(attributes, perm)
    if node.op == "concat":
        return Sunk(replace(attributes, axis=perm[attributes.axis]), perm)
    if node.op in ("slice", "pad"):
        names = ("start", "step", "length") if node.op == "slice" else ("before", "after")
        moved = {n: _unpermuted(getattr(attributes, n), perm) for n in names}
        return Sunk(replace(attributes, **moved), perm)
    if node.op == "gather" and len(after) == len(perm):
        return Sunk(replace(attributes, axis=perm[attributes.axis]), perm)
    if node.op == "reshape":
        return _reshape(perm, before, after)
    return None


def _unpermuted(values: Perm, perm: Perm) -> Perm:
    result = [0] * len(perm)
    for i, axis in enumerate(perm):
        result[axis] = values[i]
    return tuple(result)


def _reduction(attributes: Any, perm: Perm) -> Sunk:
    gone = {perm[a] for a in attributes.axes}
    moved = replace(attributes, axes=tuple(sorted(gone)))
    if attributes.keepdims:
        return Sunk(moved, perm)
    left = [axis for axis in perm if axis not in gone]
    rank = {axis: i for i, axis in enumerate(sorted(left))}
    return Sunk(moved, tuple(rank[axis] for axis in left))


def _reshape(perm: Perm, before: Shape, after: Shape) -> Sunk | None:
    """When each group of axes that the reshape merges or splits stays together and in order.

    Axes of size 1 carry no order: those of the input are dropped, those of the result are put
    beside the axis in front of them.
    """
    transposed = tuple(before[axis] for axis in perm)
    groups = _groups(transposed, after)
    if groups is None:
        return None
    placed = []
    for sources, results in groups:
        axes = [perm[i] for i in sources if transposed[i] != 1]
        if not axes:  # axes of size 1 at the start stay there
            placed.append((-1, results))
            continue
        if axes != sorted(axes) or any(before[a] != 1 for a in range(axes[0], axes[-1])
                                       if a not in axes):
            return None
        placed.append((axes[0], results))
    in_order = [axis for _, results in sorted(placed) for axis in results]
    shape = tuple(after[axis] for axis in in_order)
    back = tuple(in_order.index(axis) for axis in range(len(after)))
    return Sunk(Reshape(shape), back)


def _groups(source: Shape, result: Shape) -> list[tuple[list[int], list[int]]] | None:
    """The smallest runs of axes of `source` and `result` that hold the same elements.

    None when there is nothing but axes of size 1, or a run without one of them.
    """
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(source) or j < len(result):
        left, right = [i], [j]
        i, j = i + 1, j + 1
        if left[0] >= len(source) or right[0] >= len(result):
            return _with_rest(groups, source, result, left[0], right[0])
        while math.prod(source[left[0]:i]) != math.prod(result[right[0]:j]):
            if math.prod(source[left[0]:i]) < math.prod(result[right[0]:j]):
                left.append(i)
                i += 1
            else:
                right.append(j)
                j += 1
        groups.append((left, right))
    return _without_units(groups, source)


def _with_rest(groups: list[tuple[list[int], list[int]]], source: Shape, result: Shape,
               i: int, j: int) -> list[tuple[list[int], list[int]]] | None:
    """Axes of size 1 left over at the end belong to the last group."""
    if not groups:
        return None
    groups[-1][0].extend(range(i, len(source)))
    groups[-1][1].extend(range(j, len(result)))
    return _without_units(groups, source)


def _without_units(groups: list[tuple[list[int], list[int]]], source: Shape
                   ) -> list[tuple[list[int], list[int]]] | None:
    """Groups of nothing but size 1 join the group in front of them, if there is one."""
    merged: list[tuple[list[int], list[int]]] = []
    for left, right in groups:
        if merged and all(source[axis] == 1 for axis in left):
            merged[-1][0].extend(left)
            merged[-1][1].extend(right)
        else:
            merged.append((left, right))
    return merged or None
