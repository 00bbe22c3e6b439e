"""A histogram of a stream of values whose range is not known beforehand.

Bins are [i*w, (i+1)*w) with i from -BINS to BINS-1, so zero is always an edge, and w is a power of
two. When a value falls outside, neighbouring bins merge and w doubles. Merging is exact: the result
depends only on the values seen, not on their order or batches. At least BINS/2 bins are in use on
the wider side, that is 8 or more per int8 step. Subnormal numbers may count as zero: libraries in
the same process switch the CPU to flush them.
"""

from __future__ import annotations

import math

import numpy as np

from edgec.compress.method import Array

BINS = 4096
_SMALLEST_WIDTH = 2.0**-100


class Histogram:
    """Counts, minimum and maximum of all values added so far."""

    def __init__(self) -> None:
        self.counts = np.zeros(2 * BINS, np.int64)
        self.width = _SMALLEST_WIDTH
        self.low = math.inf
        self.high = -math.inf

    @property
    def total(self) -> int:
        """The number of values added."""
        return int(self.counts.sum())

    @property
    def centers(self) -> Array:
        """Middle of each bin, float64, clipped to the values seen."""
        middles = (np.arange(2 * BINS) - BINS + 0.5) * self.width
        return np.asarray(np.clip(middles, self.low, self.high))

    def add(self, values: Array) -> None:
        """Count `values` (any shape, finite)."""
        if not values.size:
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        self._widen(max(abs(self.low), abs(self.high)))
        # The factor is a power of two, so the product is exact in float32.
        index = np.floor(values.ravel() * np.float32(1.0 / self.width)).astype(np.int32)
        self.counts += np.bincount(index + BINS, minlength=2 * BINS)

    def _widen(self, largest: float) -> None:
        if not self.counts.any() and largest > 0:
            exponent = math.frexp(largest)[1]  # largest < 2**exponent
            self.width = max(math.ldexp(1.0 / BINS, exponent), _SMALLEST_WIDTH)
        while largest >= BINS * self.width:
            merged = self.counts.reshape(-1, 2).sum(1)
            self.counts = np.pad(merged, BINS // 2)
            self.width *= 2
