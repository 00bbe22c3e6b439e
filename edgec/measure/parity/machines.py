"""Where an artifact runs once: this machine, or a board, which is left as it was."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from edgec.deploy.transport import Transport
from edgec.errors import EngineError, MeasureError
from edgec.lower.graph import Array

RUN_S = 600.0
TRANSFER_S = 300.0
SHORT_S = 30.0


class Machine(Protocol):
    """Something that runs artifacts of one backend."""

    def run(self, artifact: Path, inputs: Sequence[Array], outputs: int) -> list[Array]:
        """The first `outputs` outputs; EngineError with what the program said."""


class Here:
    """This machine, by a program with the arguments of edgec-run."""

    def __init__(self, program: Sequence[str]) -> None:
        self._program = tuple(program)

    def run(self, artifact: Path, inputs: Sequence[Array], outputs: int) -> list[Array]:
        """As Machine says."""
        with tempfile.TemporaryDirectory(prefix="edgec-parity-") as name:
            folder = Path(name)
            given, made = _save(folder, inputs), _output_names(outputs)
            try:
                done = subprocess.run(
                    _words(self._program, str(artifact), [str(p) for p in given],
                           [str(folder / n) for n in made]),
                    capture_output=True, text=True, errors="replace", check=False, timeout=RUN_S)
            except subprocess.TimeoutExpired:
                raise EngineError(f"{self._program[0]} took more than {RUN_S:g} s.") from None
            if done.returncode != 0:
                raise EngineError(done.stderr.strip() or
                                  ended(self._program[0], artifact, done.returncode))
            return [np.load(folder / n, allow_pickle=False) for n in made]


def ended(program: str, artifact: Path, code: int) -> str:
    """What to say of a program that said nothing itself; code: negative for a signal."""
    if code >= 0:
        return f"{program} ended with exit code {code} on {artifact}."
    return (f"{program} crashed on {artifact} ({signal.strsignal(-code)}): the file is damaged, or "
            "its runtime has a fault. Lower the model again.")


class OnBoard:
    """A board, in a directory of its own there; `open_machine` removes it."""

    def __init__(self, transport: Transport, folder: str) -> None:
        self._transport, self._folder = transport, folder

    def run(self, artifact: Path, inputs: Sequence[Array], outputs: int) -> list[Array]:
        """As Machine says."""
        with tempfile.TemporaryDirectory(prefix="edgec-parity-") as name:
            folder = Path(name)
            given, made = _save(folder, inputs), _output_names(outputs)
            for path in (artifact, *given):
                self._transport.put(path, f"{self._folder}/{path.name}", TRANSFER_S)
            done = self._transport.run(
                _words([f"{self._folder}/edgec-run"], f"{self._folder}/{artifact.name}",
                       [f"{self._folder}/{p.name}" for p in given],
                       [f"{self._folder}/{n}" for n in made]), RUN_S)
            if done.exit_code != 0:
                said = done.stderr.decode(errors="replace").strip()
                raise EngineError(f"edgec-run on {self._transport.where} ended with "
                                  f"{done.exit_code}: {said}")
            for n in made:
                self._transport.get(f"{self._folder}/{n}", folder / n, TRANSFER_S)
            return [np.load(folder / n, allow_pickle=False) for n in made]


@contextmanager
def board_machine(transport: Transport, engine: Path) -> Iterator[OnBoard]:
    """The board behind `transport` with the program `engine` (edgec-run) for the context's time."""
    made = transport.run(["mktemp", "-d"], SHORT_S)
    folder = made.stdout.decode(errors="replace").strip()
    if made.exit_code != 0 or not folder.startswith("/"):
        raise MeasureError(f"{transport.where}: no temporary directory could be made there: "
                           f"{made.stderr.decode(errors='replace').strip() or folder}.")
    try:
        transport.put(engine, f"{folder}/edgec-run", TRANSFER_S)
        transport.run(["chmod", "755", f"{folder}/edgec-run"], SHORT_S)
        yield OnBoard(transport, folder)
    finally:
        transport.run(["rm", "-rf", folder], SHORT_S)


def _words(program: Sequence[str], artifact: str, inputs: Sequence[str], outputs: Sequence[str]
           ) -> list[str]:
    return [*program, artifact, *(word for path in inputs for word in ("--input", path)),
            *(word for path in outputs for word in ("--output", path))]


def _save(folder: Path, inputs: Sequence[Array]) -> list[Path]:
    paths = [folder / f"input_{i}.npy" for i in range(len(inputs))]
    for path, array in zip(paths, inputs, strict=True):
        np.save(path, np.ascontiguousarray(array), allow_pickle=False)
    return paths


def _output_names(count: int) -> list[str]:
    return [f"output_{i}.npy" for i in range(count)]
