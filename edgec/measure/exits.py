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
    exits: dict[str, dict[str, float | None]] = {}
    shares, medians = [], []
    for index, name in enumerate(raw["output_names"]):
        own = us[answers == index]
        exits[name] = {"share": len(own) / len(us), "median_us": None}
        if len(own):
            shares.append(len(own) / len(us))
            medians.append(float(np.median(own)))
            exits[name]["median_us"] = medians[-1]
    return {"expected_us": float(np.dot(shares, medians)),
            "mean_us": float(us.mean()), "p50_us": float(np.median(us)),
            "p95_us": float(np.quantile(us, 0.95)) if len(us) >= P95_SAMPLES else None,
            "worst_us": max(medians), "exits": exits}
