"""How sure a classifier is, computed so that every processor gives the same answer.

The largest softmax of logits x is 1 / Σ exp(x − max). The sum is taken over whole numbers, from
a table of exponentials with 1/64 between its entries, so it does not depend on how a library
rounds exp or in which order it adds. spec.md, op `exit_f32`, is the same rule for the engine.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ONE = 2**20  # exp(0) in fixed point
STEPS = 64  # entries of the table for a difference of 1 between logits
ENTRIES = 1024
MOST_CLASSES = 4095  # so that the sum stays below 2^32
ALWAYS = 2**32 - 1  # a limit that every sum keeps
NEVER = 2.0  # a threshold that no softmax reaches


def exponentials() -> Array:
    """uint32 [1024]: entry i is round_half_even(exp(−i / 64) · 2^20); 0 from i = 932 on."""
    return np.asarray([round(math.exp(-i / STEPS) * ONE) for i in range(ENTRIES)], np.uint32)


_TABLE = exponentials()


def softmax_sums(logits: Array) -> Array:
    """uint64 [n]: Σ exp(x − max) · 2^20 over the last axis of float32 logits [n, classes].

    A difference that is not a number counts as 0, as if the class were as likely as the best.
    """
    x = np.asarray(logits, np.float32)
    with np.errstate(invalid="ignore"):
        far = (np.fmax.reduce(x, axis=-1, keepdims=True) - x) * np.float32(STEPS)
        index = np.rint(np.fmin(np.fmax(far, np.float32(0)), np.float32(ENTRIES - 1)))
    return np.asarray(_TABLE[index.astype(np.int64)].sum(axis=-1, dtype=np.uint64))


def confidence(logits: Array) -> Array:
    """float64 [n]: the largest softmax of each row, in the resolution of `softmax_sums`."""
    return np.asarray(ONE / softmax_sums(logits).astype(np.float64))


def sum_limit(threshold: float) -> int:
    """The largest sum at which the softmax still reaches the threshold; 0 is always reached."""
    return ALWAYS if threshold * ALWAYS <= ONE else math.floor(ONE / threshold)
