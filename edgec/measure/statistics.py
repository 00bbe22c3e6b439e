"""Numbers that a run has earned: a percentile is given only with enough samples behind it.

The sample counts are those of MLPerf Inference's early stopping rule (loadgen, one over-latency
sample discarded, confidence 99 %): the smallest n for which the p-th percentile can be claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SAMPLES_NEEDED: Mapping[str, int] = {"p50": 11, "p90": 64, "p99": 662, "p99.9": 6636}


@dataclass(frozen=True)
class Summary:
    """Latency of one inference in microseconds. A percentile is None without enough samples."""

    count: int
    mean_us: float
    stddev_us: float
    min_us: float
    max_us: float
    percentiles_us: Mapping[str, float | None]


def summarize(samples_ns: Sequence[int]) -> Summary:
    """Summary of one or more latencies in nanoseconds."""
    assert len(samples_ns) > 0
    us = np.asarray(samples_ns, np.float64) / 1000.0
    return Summary(
        count=len(us), mean_us=float(us.mean()), stddev_us=float(us.std()),
        min_us=float(us.min()), max_us=float(us.max()),
        percentiles_us={name: float(np.percentile(us, float(name[1:]), method="inverted_cdf"))
                        if len(us) >= needed else None
                        for name, needed in SAMPLES_NEEDED.items()})
