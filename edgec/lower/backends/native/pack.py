"""Weights in the order the engine's kernels read them. spec.md, Packing, defines the layouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array

BLOCK = 16  # output channels side by side
DEPTH = 4  # int8 products that one dot-product instruction adds
LONGEST_DELTA = 255  # blocks from one kept block to the next


def round_up(size: int, block: int) -> int:
    """The next multiple of `block`."""
    return -(-size // block) * block


def by_tap(weights: Array, groups: int, dilation_w: int) -> Array:
    """int8 [o, kh, kw, c/groups] to [groups, o/groups, taps, k]; k is filled up to a multiple of 4.

    A tap is a line of the kernel, or with groups or dilation one position: what lies side by side
    in the image.
    """
    o, _, kw, depth = weights.shape
    lines = groups == 1 and (dilation_w == 1 or kw == 1)
    taps = weights.reshape(groups, o // groups, -1, kw * depth if lines else depth)
    return _padded(taps, (*taps.shape[:3], round_up(taps.shape[3], DEPTH)))


@dataclass(frozen=True)
class Blocks:
    """Block-sparse weights: blocks [b, columns, 4] in layout s8_block, counts, deltas."""

    blocks: Array
    counts: Array
    deltas: Array


def kept_blocks(taps: Array, columns: int) -> Array:
    """bool [⌈n/columns⌉, taps, ⌈k/4⌉] of int8 [n, taps, k]: which blocks are not all zero."""
    return np.asarray(_in_blocks(taps, columns).any(axis=(3, 4)))


def s8_block(taps: Array, columns: int) -> Blocks:
    """int8 [n, taps, k] as blocks of `columns` channels x 4 depths, without those of zeros."""
    kept = kept_blocks(taps, columns)
    for row in kept.reshape(-1, kept.shape[2]):
        _bridge_gaps(row)
    if not kept.any():
        kept[0, 0, 0] = True  # a tensor has at least one element
    group, tap, at = np.nonzero(kept)
    first = np.ones(at.size, bool)
    first[1:] = (group[1:] != group[:-1]) | (tap[1:] != tap[:-1])
    deltas = np.where(first, at, np.diff(at, prepend=0))
    return Blocks(np.ascontiguousarray(_in_blocks(taps, columns)[kept]),
                  kept.sum(axis=2, dtype=np.uint32), deltas.astype(np.uint8))


def _bridge_gaps(kept: Array) -> None:
    """Keeps a block of zeros after each 255 that are left out: deltas are bytes."""
    last = 0
    for at in map(int, np.flatnonzero(kept)):
        kept[last + LONGEST_DELTA:at:LONGEST_DELTA] = True
        last = at


def _in_blocks(taps: Array, columns: int) -> Array:
    """[⌈n/columns⌉, taps, ⌈k/4⌉, columns, 4], padded with zeros."""
    n, count, k = taps.shape
    padded = _padded(taps, (round_up(n, columns), count, round_up(k, DEPTH)))
    split = padded.reshape(-1, columns, count, padded.shape[2] // DEPTH, DEPTH)
    return split.transpose(0, 2, 3, 1, 4)


def s8_16c4(weights: Array) -> Array:
    """int8 [groups, n, k] to [groups, ⌈n/16⌉, ⌈k/4⌉, 16, 4], padded with zeros."""
    groups, n, k = weights.shape
    padded = _padded(weights, (groups, round_up(n, BLOCK), round_up(k, DEPTH)))
    blocks = padded.reshape(groups, -1, BLOCK, padded.shape[2] // DEPTH, DEPTH)
    return np.ascontiguousarray(blocks.transpose(0, 1, 3, 2, 4))


def f32_16(weights: Array) -> Array:
    """float32 [groups, n, k] to [groups, ⌈n/16⌉, k, 16], padded with zeros."""
    groups, n, k = weights.shape
    padded = _padded(weights, (groups, round_up(n, BLOCK), k))
    return np.ascontiguousarray(padded.reshape(groups, -1, BLOCK, k).transpose(0, 1, 3, 2))


def dw16(weights: Array) -> Array:
    """int8 or float32 [kh, kw, c] to [⌈c/16⌉, kh·kw, 16], padded with zeros."""
    taps, channels = weights.shape[0] * weights.shape[1], weights.shape[2]
    padded = _padded(weights.reshape(taps, channels), (taps, round_up(channels, BLOCK)))
    return np.ascontiguousarray(padded.reshape(taps, -1, BLOCK).transpose(1, 0, 2))


def channels_16(values: Array) -> Array:
    """[groups, n] to [groups, ⌈n/16⌉·16], or [c] to [⌈c/16⌉·16], padded with zeros."""
    return _padded(values, (*values.shape[:-1], round_up(values.shape[-1], BLOCK)))


def _padded(values: Array, shape: tuple[int, ...]) -> Array:
    padded = np.zeros(shape, values.dtype)
    padded[tuple(slice(0, size) for size in values.shape)] = values
    return padded
