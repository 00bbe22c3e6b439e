"""Weights in the order the engine's kernels read them. spec.md, Packing, defines the layouts."""

from __future__ import annotations

import numpy as np

from edgec.lower.graph import Array

BLOCK = 16  # output channels side by side
DEPTH = 4  # int8 products that one dot-product instruction adds


def round_up(size: int, block: int) -> int:
    """The next multiple of `block`."""
    return -(-size // block) * block


def by_tap(weights: Array, groups: int, dilation_w: int) -> Array:
    """int8 [o, kh, kw, c/groups] to [groups, o/groups, k], each tap filled up to a multiple of 4.

    A tap is a line of the kernel, or with groups or dilation one position: what lies side by side
    in the image.
    """
    o, _, kw, depth = weights.shape
    lines = groups == 1 and (dilation_w == 1 or kw == 1)
    taps = weights.reshape(groups, o // groups, -1, kw * depth if lines else depth)
    return _padded(taps, (*taps.shape[:3], round_up(taps.shape[3], DEPTH))).reshape(
        groups, o // groups, -1)


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
