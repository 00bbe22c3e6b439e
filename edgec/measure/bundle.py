"""Measures a bundle where it lies, on golden samples or on the user's own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgec.deploy.boards import Board
from edgec.deploy.facts import Facts, read_facts
from edgec.deploy.transport import Transport
from edgec.errors import MeasureError
from edgec.format.bundle import Bundle
from edgec.measure.accuracy import Comparison
from edgec.measure.bench import BenchOptions, Program, measure
from edgec.measure.own_data import Answers, Array, OwnData, judge, read_own_data
from edgec.measure.results import BoardIdentity, record
from edgec.target.target import load_target

SLOWEST_BYTES_PER_S = 200_000  # of a connection, before it counts as dead


@dataclass(frozen=True)
class Wanted:
    """A bundle and how to measure it; what can be wrong with the user's data is known by now."""

    bundle: Bundle
    options: BenchOptions
    own: OwnData | None
    accuracy: Comparison | None
    progress: Callable[[str], None]

    @classmethod
    def of(cls, bundle: Bundle, options: BenchOptions | None, accuracy: Comparison | None,
           progress: Callable[[str], None]) -> Wanted:
        """DataError when the data that the options name do not fit the bundle."""
        options = options or BenchOptions()
        if options.data is None:
            return cls(bundle, options, None, accuracy, progress)
        own = read_own_data(options.data, bundle.inputs)
        least = max(options.min_iterations, own.runs)
        return cls(bundle, replace(options, min_iterations=least), own, accuracy, progress)


def measure_bundle(wanted: Wanted, board: Board, transport: Transport,
                   program: Program) -> dict[str, Any]:
    """The result document. program: where the bundle's parts are on the board."""
    facts = read_facts(transport, board.root)
    with _brought(wanted.own, board, transport) as paths:
        program = replace(program, inputs=paths or program.inputs)
        measurement = measure(transport, program, wanted.options,
                              load_target(board.target).energy, progress=wanted.progress)
        seconds = measurement.latency.mean_us / 1e6 * (wanted.own.runs if wanted.own else 0)
        answers = None if wanted.own is None else _asked(wanted, board, transport, program,
                                                         60 + 20 * seconds)
    return record(wanted.bundle, _identity(board, transport, facts), measurement,
                  wanted.accuracy, answers)


def _identity(board: Board, transport: Transport, facts: Facts) -> BoardIdentity:
    return BoardIdentity(board.name, transport.where, facts.model or facts.machine,
                         facts.kernel, facts.os, facts.cores, facts.memory_kb // 1024)


def _folder(board: Board) -> str:
    return f"{board.root}/own-data"


@contextmanager
def _brought(own: OwnData | None, board: Board, transport: Transport) -> Iterator[tuple[str, ...]]:
    """The inputs as files on the board, as long as the context lasts."""
    if own is None:
        yield ()
        return
    remote = tuple(f"{_folder(board)}/input_{i}.npy" for i in range(len(own.inputs)))
    try:
        _call(transport, ["mkdir", "-p", _folder(board)], board.command_timeout_s)
        with tempfile.TemporaryDirectory(prefix="edgec-data-") as folder:
            for path, array in zip(remote, own.inputs, strict=True):
                np.save(local := Path(folder) / "input.npy", np.ascontiguousarray(array))
                transport.put(local, path, _patience(board, array.nbytes))
        yield remote
    finally:
        transport.run(["rm", "-rf", _folder(board)], board.command_timeout_s)


def _asked(wanted: Wanted, board: Board, transport: Transport, program: Program,
           timeout_s: float) -> Answers:
    """Every sample once more, for what the model says to it."""
    own, bundle = wanted.own, wanted.bundle
    assert own is not None
    wanted.progress(f"answers to {own.runs} samples of {own.name}")
    made = [f"{_folder(board)}/output_{i}.npy" for i in range(len(bundle.outputs))]
    words = [*program.asked(), *(w for path in made for w in ("--output", path)),
             *wanted.options.engine_arguments()]
    if bundle.exits:
        made.append(f"{_folder(board)}/answers.npy")
        words += ["--answers", made[-1]]
    _call(transport, words, timeout_s)
    arrays = _fetched(made, board, transport)
    by = arrays.pop() if bundle.exits else np.zeros(own.runs, np.int32)
    return judge(own, arrays, by)


def _fetched(paths: Sequence[str], board: Board, transport: Transport) -> list[Array]:
    arrays = []
    with tempfile.TemporaryDirectory(prefix="edgec-data-") as folder:
        for path in paths:
            transport.get(path, local := Path(folder) / "output.npy", _patience(board, 1 << 30))
            arrays.append(np.load(local, allow_pickle=False))
    return arrays


def _patience(board: Board, nbytes: int) -> float:
    return board.command_timeout_s + nbytes / SLOWEST_BYTES_PER_S


def _call(transport: Transport, words: Sequence[str], timeout_s: float) -> None:
    done = transport.run(words, timeout_s)
    if done.exit_code != 0:
        raise MeasureError(f"{transport.where}: {Path(words[0]).name} failed on the data given: "
                           f"{done.stderr.decode(errors='replace').strip()[:300]}")
