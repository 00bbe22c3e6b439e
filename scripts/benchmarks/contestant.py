"""A program that measures itself when told to: edgec-bench --serve, or another runtime's worker."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

_LAUNCH = Path(__file__).with_name("launch.py")
_PATIENCE_S = 20  # for a program that was told to end


@dataclass
class Contestant:
    """What competes: a command, where it may run, and what it has said so far."""

    labels: dict[str, Any]
    command: Sequence[str]
    cpus: Sequence[int]
    amx: bool
    greeting: dict[str, Any] = field(default_factory=dict)
    rounds_wall_ns: list[list[int]] = field(default_factory=list)
    rounds_cpu_ns: list[list[int]] = field(default_factory=list)
    peak_rss_bytes: int = 0
    error: str = ""
    _process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Starts the program and hears its greeting; `error` says why it does not take part."""
        self._process = subprocess.Popen(
            [*launched(self.cpus, self.amx), *self.command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.greeting = self._hear()
        self.error = self.error or self.greeting.get("error", "")

    def burst(self, seconds: float) -> None:
        """Inferences for as long; a program that dies takes no further part."""
        if self.error:
            return
        self._say(f"run {seconds}")
        answer = self._hear()
        if not self.error:
            self.rounds_wall_ns.append(answer["wall_ns"])
            self.rounds_cpu_ns.append(answer["cpu_ns"])

    def end(self) -> None:
        """Ends the program, kindly if it still listens."""
        if self._process is None:
            return
        if not self.error:
            self._say("quit")
            self.peak_rss_bytes = self._hear().get("peak_rss_bytes", 0)
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self._process.stdin, flush=True)

    def _hear(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().splitlines()
            self.error = f"died: {said[-1] if said else 'without a word'}"[:300]
            return {}
        answer: dict[str, Any] = json.loads(line)
        return answer


def launched(cpus: Sequence[int], amx: bool) -> list[str]:
    """The words that come before a command to pin it, and to deny it AMX."""
    words = [sys.executable, str(_LAUNCH), "--cpus", ",".join(map(str, cpus))]
    return [*words, *([] if amx else ["--no-amx"]), "--"]


@contextlib.contextmanager
def started(contestants: Sequence[Contestant]) -> Iterator[list[Contestant]]:
    """Those that could be started; all are ended afterwards."""
    try:
        for contestant in contestants:
            contestant.start()
        yield [c for c in contestants if not c.error]
    finally:
        for contestant in contestants:
            contestant.end()


def take_turns(contestants: Sequence[Contestant], rounds: int, seconds: float) -> None:
    """Bursts in rounds, each starting with another one: drift of the machine hits all alike."""
    for turn in range(rounds):
        first = turn % max(1, len(contestants))
        for contestant in [*contestants[first:], *contestants[:first]]:
            contestant.burst(seconds)


def cosine(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Of two outputs; None when their lengths differ or one is zero."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    length = float(np.linalg.norm(x) * np.linalg.norm(y)) if x.shape == y.shape else 0.0
    return float(x @ y) / length if length > 0 else None
