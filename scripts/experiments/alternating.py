"""Two lowered models timed in turns by the engine, so that a busy machine is busy for both."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benchmarks.paired import Ratio, ratio

from edgec.lower.backend import load_backend
from edgec.measure.bench import BenchOptions

EACH = BenchOptions(warmup_s=0.2, min_time_s=1.0, max_time_s=10.0, min_iterations=50)


def median_ratio(first: Path, second: Path, rounds: int) -> Ratio:
    """Time of the first over time of the second, from the medians of each round."""
    times: tuple[list[list[int]], list[list[int]]] = ([], [])
    for _ in range(rounds):
        for artifact, found in zip((first, second), times, strict=True):
            found.append(_samples(artifact))
    return ratio(*times)


def _samples(artifact: Path) -> list[int]:
    """Nanoseconds of each run."""
    words = [*load_backend("native").host_programs().bench, str(artifact), *EACH.arguments()]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    samples: list[int] = json.loads(told.stdout)["samples_ns"]
    return samples
