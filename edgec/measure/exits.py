"""What early exits do: who leaves where, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgec.format.bundle import Answered

P95_SAMPLES = 64 * 2  # so that a few samples lie beyond


def by_exit(raw: Mapping[str, Any], known: Sequence[Answered] | None = None) -> dict[str, Any]:
    """Of each exit its share and its median in µs, from what edgec-bench printed.

    exits: by output name in the order of the model's outputs; share: of the runs that it answered,
    or with `known` of validation, with the score there. expected_us: Σ share · median, a mean that
    interruptions by other programs do not move; null where a share or its median is not known.
    worst_us: the largest median, which is what a deadline has to be set by; null when the run to
    the end was not seen. mean, p50 and p95 (null with few samples) are over all runs; null with
    `known`, whose runs are not typical. Empty for a model without exits.
    """
    if "answers" not in raw:
        return {}
    answers, us = np.asarray(raw["answers"]), np.asarray(raw["samples_ns"]) / 1000
    exits: dict[str, dict[str, float | None]] = {}
    for index, name in enumerate(raw["output_names"]):
        own = us[answers == index]
        exits[name] = {"share": len(own) / len(us), "score": None,
                       "median_us": float(np.median(own)) if len(own) else None}
    for row in known or ():
        exits[row.output] |= {"share": row.share, "score": row.score}
    medians = [e["median_us"] for e in exits.values() if e["median_us"] is not None]
    end_seen = not known or exits[known[-1].output]["median_us"] is not None
    typical = known is None
    return {"shares_of": "runs" if typical else "validation", "expected_us": _expected(exits),
            "worst_us": max(medians) if end_seen else None,
            "mean_us": float(us.mean()) if typical else None,
            "p50_us": float(np.median(us)) if typical else None,
            "p95_us": (float(np.quantile(us, 0.95)) if typical and len(us) >= P95_SAMPLES
                       else None),
            "exits": exits}


def _expected(exits: Mapping[str, Mapping[str, float | None]]) -> float | None:
    total = 0.0
    for row in exits.values():
        share, median = row["share"], row["median_us"]
        if share == 0:
            continue
        if share is None or median is None:
            return None
        total += share * median
    return total
