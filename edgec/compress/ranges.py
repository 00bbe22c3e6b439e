"""Which part of the values an int8 tensor represents; the rest is clipped.

minmax      everything seen; one outlier makes every step coarse
percentile  clips an equal share of values on either side (Krishnamoorthi 2018, arXiv 1806.08342)
mse         clips where rounding and clipping error together are least, by search over the ends
            (Choukroun et al. 2019, arXiv 1902.06822, equation 4, measured instead of modelled)
"""

from __future__ import annotations

import numpy as np

from edgec.compress.histogram import BINS, Histogram
from edgec.compress.method import Array

RULES = ("minmax", "percentile", "mse")
_SHRINK = np.linspace(1.0, 0.3, 71)
_STEPS = 255


def choose(histogram: Histogram, rule: str, percentile: float) -> tuple[float, float]:
    """(low, high) with low <= 0 <= high, by one of RULES.

    percentile: in (50, 100], the share of values below `high` and above `low`; only for that rule.
    """
    if histogram.total == 0:
        return 0.0, 0.0
    if rule == "minmax":
        low, high = histogram.low, histogram.high
    elif rule == "percentile":
        low, high = _percentile(histogram, percentile / 100)
    else:
        low, high = _least_error(histogram)
    return min(low, 0.0), max(high, 0.0)


def _percentile(histogram: Histogram, share: float) -> tuple[float, float]:
    """The outer edges of the bins where the shares 1-share and share are reached."""
    cumulative = np.cumsum(histogram.counts)
    tail = (1.0 - share) * cumulative[-1]
    first = int(np.searchsorted(cumulative, tail, side="right"))
    last = int(np.searchsorted(cumulative, cumulative[-1] - tail, side="left"))
    low = max((first - BINS) * histogram.width, histogram.low)
    high = min((last + 1 - BINS) * histogram.width, histogram.high)
    return float(low), float(high)


def _least_error(histogram: Histogram) -> tuple[float, float]:
    """Move one end at a time to the grid point of least squared error; two rounds settle it."""
    used = histogram.counts > 0
    values, counts = histogram.centers[used], histogram.counts[used].astype(np.float64)
    full_low, full_high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    low, high = full_low, full_high
    for _ in range(2):
        highs = full_high * _SHRINK
        high = float(highs[np.argmin(_errors(values, counts, np.full_like(highs, low), highs))])
        lows = full_low * _SHRINK
        low = float(lows[np.argmin(_errors(values, counts, lows, np.full_like(lows, high)))])
    return low, high


def _errors(values: Array, counts: Array, lows: Array, highs: Array) -> Array:
    """Sum of squared error for each candidate range: [candidates]."""
    scale = np.maximum((highs - lows) / _STEPS, 1e-30)[:, None]
    zero = np.rint(-lows[:, None] / scale)
    quantized = np.clip(np.rint(values / scale) + zero, 0, _STEPS)
    return np.asarray(((values - (quantized - zero) * scale) ** 2) @ counts)
