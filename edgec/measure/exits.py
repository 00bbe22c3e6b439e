"""Latency of a model with early exits, from what edgec-bench printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

P95_SAMPLES = 64 * 2  # so that a few samples lie beyond


def by_exit(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Over all samples mean, p50 and p95 in µs (p95 null with few samples); and of each exit.

    exits: by output name in the order of the model's outputs, the share of the runs that it
    answered and their median. expected_us: Σ share · median, a mean that interruptions by other
    programs do not move. worst_us: the largest median, which is what a deadline has to be set by.
    Empty for a model without exits.
    """
    if "answers" not in raw:
        return {}
    answers, us = np.asarray(raw["answers"]), np.asarray(raw["samples_ns"]) / 1000
    exits = {}
    for index, name in enumerate(raw["output_names"]):
        own = us[answers == index]
        exits[name] = {"share": len(own) / len(us),
                       "median_us": float(np.median(own)) if len(own) else None}
    reached = [(e["share"], e["median_us"]) for e in exits.values() if e["median_us"] is not None]
    return {"expected_us": sum(share * median for share, median in reached),
            "mean_us": float(us.mean()), "p50_us": float(np.median(us)),
            "p95_us": float(np.quantile(us, 0.95)) if len(us) >= P95_SAMPLES else None,
            "worst_us": max(median for _, median in reached), "exits": exits}
