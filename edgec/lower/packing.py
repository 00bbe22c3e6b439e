"""Offsets for buffers with lifetimes, so that two in use at the same step never overlap.

Each buffer in turn goes into the smallest gap that takes it between those it meets, or behind them.
All depends on the order: three good ones are tried (largest first; by execution step; largest first
within the busiest step, after Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
Inference", 2020). While the result is above the bound, the buffers at the top of the arena are
moved to the front of the order and everything is packed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 64  # bytes: one cache line, one AVX-512 register
ATTEMPTS = 64  # repairs of one order, fewer when there are very many buffers
PAIRS = 4_000_000  # of buffers compared for one order, at most: about a second


@dataclass(frozen=True)
class Buffer:
    """`size_bytes` in use from step `first` to step `last`, both included; names are unique."""

    name: str
    size_bytes: int
    first: int
    last: int

    def meets(self, other: Buffer) -> bool:
        """Whether both are in use at some step."""
        return self.first <= other.last and other.first <= self.last


def aligned(size_bytes: int) -> int:
    """Rounded up to the alignment."""
    return -(-size_bytes // ALIGNMENT) * ALIGNMENT


def bound(buffers: Iterable[Buffer]) -> int:
    """What the busiest step needs: no packing can be smaller."""
    return max(_busiest(set(buffers)).values(), default=0)


def pack(buffers: Iterable[Buffer]) -> tuple[dict[Buffer, int], int]:
    """Offset of each buffer, and the end of the highest; the same buffers give the same result."""
    distinct = sorted(set(buffers), key=lambda b: (b.first, b.name))
    busiest, goal = _busiest(distinct), bound(distinct)
    best: tuple[dict[Buffer, int], int] = ({}, 0)
    for number, order in enumerate((
            sorted(distinct, key=lambda b: -b.size_bytes), distinct,
            sorted(distinct, key=lambda b: (-busiest[b], -b.size_bytes)))):
        found = _repaired(order, goal)
        if number == 0 or found[1] < best[1]:
            best = found
        if best[1] == goal:
            break
    return best


def _busiest(buffers: Iterable[Buffer]) -> dict[Buffer, int]:
    """Of each buffer: the bytes in use at the busiest step of its life.

    The busiest step can only be one at which a buffer starts.
    """
    everything = list(buffers)
    starts = {step: sum(b.size_bytes for b in everything if b.first <= step <= b.last)
              for step in {b.first for b in everything}}
    return {b: max(size for step, size in starts.items() if b.first <= step <= b.last)
            for b in everything}


def _repaired(order: Sequence[Buffer], goal: int) -> tuple[dict[Buffer, int], int]:
    """The best of packing `order`, and of packing it again with its highest buffers in front."""
    tried: set[tuple[str, ...]] = set()
    best: tuple[dict[Buffer, int], int] | None = None
    for _ in range(max(1, min(ATTEMPTS, PAIRS // max(1, len(order)) ** 2))):
        tried.add(tuple(b.name for b in order))
        offsets = _place(order)
        size = max((offsets[b] + b.size_bytes for b in order), default=0)
        if best is None or size < best[1]:
            best = offsets, size
        top = [b for b in order if offsets[b] + b.size_bytes == size]
        order = top + [b for b in order if b not in top]
        if size == goal or tuple(b.name for b in order) in tried:
            break
    assert best is not None
    return best


def _place(order: Sequence[Buffer]) -> dict[Buffer, int]:
    """Each buffer in turn into the smallest gap between those it meets."""
    offsets: dict[Buffer, int] = {}
    for buffer in order:
        offsets[buffer] = _gap(buffer, offsets)
    return offsets


def _gap(buffer: Buffer, offsets: Mapping[Buffer, int]) -> int:
    taken = sorted((offset, offset + other.size_bytes)
                   for other, offset in offsets.items() if other.meets(buffer))
    end, best, room = 0, -1, -1
    for start, stop in taken:
        free = start - end
        if free >= buffer.size_bytes and (best < 0 or free < room):
            best, room = end, free
        end = max(end, stop)
    return best if best >= 0 else end
