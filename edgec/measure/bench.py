"""Latency on a board: edgec-bench runs there; the state is read before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgec.deploy.transport import Transport
from edgec.errors import MeasureError
from edgec.measure.power import Energy, find_sensor, measure_energy
from edgec.measure.state import BoardState, invalid_reasons, read_state, remarks
from edgec.measure.statistics import Summary, summarize

BENCH_SCHEMA = "edgec-bench/1"


@dataclass(frozen=True)
class BenchOptions:
    """What edgec-bench is asked to do; times in seconds. data: the user's own samples, all of
    which are run at least once where max_time_s allows it; None: the bundle's golden samples.
    """

    warmup_s: float = 0.5
    min_time_s: float = 2.0
    max_time_s: float = 60.0
    min_iterations: int = 662  # enough for a p99
    threads: int = 1
    isa: str | None = None
    profile: bool = True
    energy: bool = True
    idle_s: float = 3.0
    data: Path | None = None

    def arguments(self) -> list[str]:
        """As edgec-bench's command line has them."""
        words = ["--warmup-s", f"{self.warmup_s:g}", "--min-time-s", f"{self.min_time_s:g}",
                 "--max-time-s", f"{self.max_time_s:g}",
                 "--min-iterations", str(self.min_iterations)]
        return words + self.engine_arguments()

    def engine_arguments(self) -> list[str]:
        """Those that edgec-run has, too."""
        return ["--threads", str(self.threads), *(["--isa", self.isa] if self.isa else [])]


@dataclass(frozen=True)
class Program:
    """On the board: the words that start edgec-bench, the model, its input files.

    run: the words that start edgec-run, where samples are to be answered. emulator: its name when
    the words start one; then times mean nothing.
    """

    bench: tuple[str, ...]
    model: str
    inputs: tuple[str, ...] = ()
    emulator: str = ""
    run: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """Without options."""
        return [*self.bench, self.model, *self._given()]

    def asked(self) -> list[str]:
        """The same for edgec-run."""
        return [*self.run, self.model, *self._given()]

    def _given(self) -> list[str]:
        return [word for path in self.inputs for word in ("--input", path)]


@dataclass(frozen=True)
class Measurement:
    """One benchmark run: everything edgec-bench printed, and what the board was like around it."""

    raw: dict[str, Any]
    latency: Summary
    before: BoardState
    after: BoardState
    invalid_reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    energy: Energy
    command: tuple[str, ...]


def measure(transport: Transport, program: Program, options: BenchOptions,
            energy_readers: Sequence[str] = (), root: str = "/",
            progress: Callable[[str], None] = lambda line: None) -> Measurement:
    """Runs the benchmark on the board behind `transport`; MeasureError when it cannot."""
    before = read_state(transport, root)
    progress("latency")
    command = [*program.command(), *options.arguments()]
    command += ["--profile"] if options.profile else []
    raw = _run(transport, command, options.max_time_s)
    after = read_state(transport, root)
    energy = _energy(transport, program, options, (energy_readers, root), progress)
    reasons = invalid_reasons(before, after)
    if program.emulator:
        reasons.append(f"run under {program.emulator}: an emulator's times are not the board's")
    return Measurement(raw, summarize(raw["samples_ns"]), before, after, tuple(reasons),
                       tuple(remarks(before, after)), energy, tuple(command))


def _energy(transport: Transport, program: Program, options: BenchOptions,
            where: tuple[Sequence[str], str], progress: Callable[[str], None]) -> Energy:
    if not options.energy:
        return Energy(False, "not asked for")
    sensor = find_sensor(transport, *where)
    if isinstance(sensor, str):
        return Energy(False, sensor)
    progress("energy")
    command = [*program.command(), *options.arguments()]
    return measure_energy(transport, sensor, command, options.idle_s,
                          timeout_s=options.max_time_s * 2 + 60)


def _run(transport: Transport, command: Sequence[str], max_time_s: float) -> dict[str, Any]:
    done = transport.run(command, timeout_s=max_time_s * 3 + 60)
    if done.exit_code != 0:
        raise MeasureError(f"edgec-bench on {transport.where} failed with exit code "
                           f"{done.exit_code}: {done.stderr.decode(errors='replace').strip()}")
    try:
        raw = json.loads(done.stdout)
    except ValueError as error:
        raise MeasureError(f"edgec-bench on {transport.where} printed something that is not JSON "
                           f"({error}). Is the engine there of the same version?") from None
    if not isinstance(raw, dict) or raw.get("schema") != BENCH_SCHEMA or not raw["samples_ns"]:
        found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
        raise MeasureError(f"edgec-bench on {transport.where} printed schema {found!r}, expected "
                           f"{BENCH_SCHEMA!r} with samples. Deploy again to renew the engine.")
    return raw
