"""Where slices and concatenations move nothing: parts that lie in one piece inside of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Shape = Sequence[int]


def parts_in_one_piece(shape: Shape, axis: int) -> bool:
    """Whether parts of a tensor along `axis` follow one another in memory."""
    return all(dim == 1 for dim in shape[:axis])


def slice_offset(shape: Shape, length: Shape, start: Shape, step: Shape) -> int | None:
    """At which element of a tensor of `shape` the slice begins; None if it is not in one piece."""
    cut = next((i for i, dim in enumerate(length) if dim != 1), len(shape))
    inner = slice(cut + 1, None)
    if (cut < len(shape) and step[cut] != 1) or tuple(length[inner]) != tuple(shape[inner]):
        return None
    return sum(first * prod(shape[i + 1:]) for i, first in enumerate(start))
