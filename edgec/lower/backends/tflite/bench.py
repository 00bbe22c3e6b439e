"""Measures a .tflite file like edgec-bench measures an .edgec file; the same JSON.

    python -m edgec.lower.backends.tflite.bench MODEL.tflite [--input x.npy] [--min-time-s 2]

A sample is one `invoke`, called from Python: a few microseconds more than from C++.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgec.lower.backends.tflite import command_line
from edgec.lower.backends.tflite.run import ISA, memory
from edgec.lower.backends.tflite.session import (
    Port,
    Session,
    litert_version,
    load_litert,
    read_samples,
)
from edgec.lower.graph import Array

PROGRAM = "edgec-bench (LiteRT)"
SCHEMA = "edgec-bench/1"
SEED = 20240229


@dataclass
class Times:
    """Nanoseconds."""

    load: int = 0
    first: int = 0
    warmup_iterations: int = 0
    samples: list[int] = field(default_factory=list)
    boottime: tuple[int, int] = (0, 0)


def execute(words: Sequence[str]) -> int:
    """0; EdgecError for what is wrong."""
    arguments = _arguments(words)
    command_line.require_model(arguments)
    times = Times()
    load_litert()  # so that the time to load is the model's
    started = time.monotonic_ns()
    session = Session(Path(arguments.model), arguments.threads)
    times.load = time.monotonic_ns() - started
    values = _values(session, arguments.input)
    times.first = _timed(session, values)
    _warm_up(session, values, arguments.warmup_s, times)
    _measure(session, values, arguments, times)
    sys.stdout.write(json.dumps(_result(arguments, times)) + "\n")
    return 0


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = command_line.parser(PROGRAM, __doc__ or "")
    for option, default, what in (("--warmup-s", 0.5, "runs for as long before anything counts"),
                                  ("--min-time-s", 2.0, "measures for at least as long"),
                                  ("--max-time-s", 60.0, "and never longer")):
        parser.add_argument(option, type=command_line.amount, default=default, metavar="S",
                            help=what)
    parser.add_argument("--min-iterations", type=command_line.whole(1, 10**9), default=20,
                        metavar="N", help="and as often")
    parser.add_argument("--profile", action="store_true",
                        help="accepted; LiteRT's Python interpreter tells no times of layers")
    return parser.parse_args(list(words))


def _values(session: Session, files: Sequence[str]) -> list[Array]:
    """The first sample of the files, or random values from a fixed seed."""
    if files:
        return read_samples([Path(f) for f in files], session.inputs)[0]
    random = np.random.default_rng(SEED)
    return [_random(port, random) for port in session.inputs]


def _random(port: Port, random: np.random.Generator) -> Array:
    if port.dtype.kind == "f":
        return random.uniform(-1, 1, port.shape).astype(port.dtype)
    if port.dtype.itemsize == 1:
        return random.integers(0, 256, port.shape).astype(np.uint8).view(port.dtype)
    return random.integers(0, 2, port.shape).astype(port.dtype)


def _timed(session: Session, values: Sequence[Array]) -> int:
    """One run with fresh inputs, nanoseconds without filling them."""
    session.fill(values)
    started = time.monotonic_ns()
    session.run()
    return time.monotonic_ns() - started


def _warm_up(session: Session, values: Sequence[Array], seconds: float, times: Times) -> None:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        _timed(session, values)
        times.warmup_iterations += 1


def _measure(session: Session, values: Sequence[Array], arguments: argparse.Namespace,
             times: Times) -> None:
    boottime = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    started = time.monotonic()
    elapsed, enough = 0.0, False
    while not (enough or (times.samples and elapsed >= arguments.max_time_s)):
        times.samples.append(_timed(session, values))
        elapsed = time.monotonic() - started
        enough = (elapsed >= arguments.min_time_s
                  and len(times.samples) >= arguments.min_iterations)
    times.boottime = (boottime, time.clock_gettime_ns(time.CLOCK_BOOTTIME))


def _result(arguments: argparse.Namespace, times: Times) -> dict[str, Any]:
    path = Path(arguments.model)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"schema": SCHEMA, "abi": 0, "version": litert_version(), "model": path.stem,
            "isa": ISA, "threads": arguments.threads, "load_ns": times.load,
            "first_ns": times.first, "warmup_iterations": times.warmup_iterations,
            "timed_boottime_ns": list(times.boottime), "samples_ns": times.samples, "layers": [],
            "memory": {**memory(path), "peak_rss_bytes": peak}, "clock": "CLOCK_MONOTONIC"}


if __name__ == "__main__":
    sys.exit(command_line.start(PROGRAM, execute))
