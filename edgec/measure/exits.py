"""What early exits do: who leaves where, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgec.format.bundle import Answered
from edgec.measure.own_data import Answers

P95_SAMPLES = 64 * 2  # so that a few samples lie beyond


def by_exit(raw: Mapping[str, Any], known: Sequence[Answered] | None = None,
            answers: Answers | None = None) -> dict[str, Any]:
    """Of each exit its share and its median in µs, from what edgec-bench printed.

    exits: by output name in the order of the model's outputs; share: of the runs that it answered,
    or with `known` of validation, with the score there, or with `answers`, which go before, of the
    user's data. expected_us: Σ share · median, a mean that
    interruptions by other programs do not move; null where a share or its median is not known.
    worst_us: the largest median, which is what a deadline has to be set by; null when the run to
    the end was not seen. mean, p50 and p95 (null with few samples) are over all runs; null with
    `known`, whose runs are not typical; with `answers` of whole passes over the data. Empty for
    a model without exits.
    """
    if "answers" not in raw:
        return {}
    if answers is not None:
        known = None
    by, us = np.asarray(raw["answers"]), np.asarray(raw["samples_ns"]) / 1000
    exits: dict[str, dict[str, float | None]] = {}
    for index, name in enumerate(raw["output_names"]):
        own = us[by == index]
        exits[name] = {"share": len(own) / len(us), "score": None,
                       "median_us": float(np.median(own)) if len(own) else None}
        if answers is not None:
            exits[name] |= _of_data(answers, index)
    for row in known or ():
        exits[row.output] |= {"share": row.share, "score": row.score}
    medians = [e["median_us"] for e in exits.values() if e["median_us"] is not None]
    end_seen = not known or exits[known[-1].output]["median_us"] is not None
    typical = known is None
    if answers is not None and len(us) >= len(answers.by):
        us = us[:len(us) // len(answers.by) * len(answers.by)]
    shares_of = "data" if answers is not None else "runs" if typical else "validation"
    return {"shares_of": shares_of, "expected_us": _expected(exits),
            "worst_us": max(medians) if end_seen else None,
            "mean_us": float(us.mean()) if typical else None,
            "p50_us": float(np.median(us)) if typical else None,
            "p95_us": (float(np.quantile(us, 0.95)) if typical and len(us) >= P95_SAMPLES
                       else None),
            "exits": exits}


def _of_data(answers: Answers, index: int) -> dict[str, float | None]:
    chosen = answers.by == index
    right = answers.right[chosen] if answers.right is not None else ()
    return {"share": float(chosen.mean()), "score": float(np.mean(right)) if len(right) else None}


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
