"""Second moments of what a linear unit multiplies with its weights: E[x x^T], gathered in a stream.

A convolution sees patches: x is then one window of the padded input, in the order of the weight's
dimensions [inputs / groups, kernel].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgec.compress.method import Array
from edgec.compress.quantization.units import Unit, groups, weight_array

ROWS_PER_SAMPLE = 32  # neighbouring positions tell much the same
_ROWS_AT_ONCE = 1024  # one large product is much faster than many small ones
LARGEST_DEPTH = 2048  # beyond it the matrices cost more memory and time than they are worth


class Moments:
    """Sum of x x^T over samples and positions; of these at most some rows for each sample."""

    def __init__(self, unit: Unit, rows_per_sample: int = ROWS_PER_SAMPLE) -> None:
        self._unit, self._rows_per_sample = unit, rows_per_sample
        self.count = 0
        depth = depth_of(unit)
        self._total: Array = np.zeros((groups(unit), depth, depth))
        self._waiting: list[Array] = []

    @property
    def total(self) -> Array:
        """The sum so far, float64 [groups, depth, depth]."""
        self._flush()
        return self._total

    def add(self, values: Array) -> None:
        """values: a batch of the unit's input."""
        self._waiting.append(rows_of(self._unit, values, self._rows_per_sample))
        if sum(rows.shape[1] for rows in self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            rows = np.concatenate(self._waiting, axis=1)
            self._waiting = []
            self.count += rows.shape[1]
            self._total += np.matmul(rows.transpose(0, 2, 1), rows)


def rows_of(unit: Unit, values: Array, most: int = ROWS_PER_SAMPLE) -> Array:
    """Some of what the unit multiplies with its weights, float32 [groups, rows, depth].

    values: a batch of the unit's input. most: rows for each sample. Equal shapes give the same
    places.
    """
    if unit.op == "Conv":
        return _patches(unit, values, most)
    rows = values.reshape(1, -1, values.shape[-1])
    return rows[:, _places(rows.shape[1], most * len(values))]


def _patches(unit: Unit, values: Array, most: int) -> Array:
    """Some windows of [n, c, ...]."""
    attributes, kernel = unit.nodes[0].attributes, weight_array(unit).shape[2:]
    rank = len(kernel)
    pads = attributes.get_ints("pads", [0] * (2 * rank))
    strides = attributes.get_ints("strides", [1] * rank)
    dilations = attributes.get_ints("dilations", [1] * rank)
    around = [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:], strict=True)]
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    axes = tuple(range(2, 2 + rank))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, around), spans, axes)
    every: list[Any] = [slice(None, None, step) for step in (1, 1, *strides, *dilations)]
    windows = windows[tuple(every)]
    samples, channels = windows.shape[:2]
    count = groups(unit)
    places = int(np.prod(windows.shape[2 : 2 + rank]))
    chosen = np.unravel_index(_places(places, most), windows.shape[2 : 2 + rank])
    rows = windows[(slice(None), slice(None), *chosen)]
    rows = rows.reshape(samples, count, channels // count, rows.shape[2], -1)
    rows = rows.transpose(1, 0, 3, 2, 4)
    return np.asarray(rows.reshape(count, samples * rows.shape[2], -1))


def can_gather(unit: Unit, largest_depth: int = LARGEST_DEPTH) -> bool:
    """Whether the unit's padding is written out and its matrix is of a sane size."""
    explicit = unit.nodes[0].attributes.get_string("auto_pad", "NOTSET") == "NOTSET"
    return depth_of(unit) <= largest_depth and explicit


def depth_of(unit: Unit) -> int:
    """How many products each output of the unit sums."""
    weight = weight_array(unit)
    return int(weight[0].size) if unit.op == "Conv" else \
        int(weight.shape[1] if unit.nodes[0].attributes.get_int("transB", 0) else weight.shape[0])


def _places(count: int, most: int) -> Array:
    """At most so many indices below `count`, evenly spread."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)
