"""Runs a .tflite file like edgec-run runs an .edgec file.

    python -m edgec.lower.backends.tflite.run MODEL.tflite --input x.npy --output y.npy
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgec.atomic import write_file
from edgec.errors import DataError
from edgec.lower.backends.tflite import command_line
from edgec.lower.backends.tflite.session import (
    Port,
    Session,
    litert_version,
    read_npy,
    read_samples,
)
from edgec.lower.graph import Array

PROGRAM = "edgec-run (LiteRT)"
ISA = "litert"
DIFFERS = 2


def execute(words: Sequence[str]) -> int:
    """0, or 2 when an output differs from --expect; EdgecError for what is wrong."""
    arguments = _arguments(words)
    if arguments.list_isa:
        sys.stdout.write(f"{ISA}\n")
        return 0
    command_line.require_model(arguments)
    session = Session(Path(arguments.model), arguments.threads)
    if arguments.info:
        sys.stdout.write(json.dumps(_info(arguments, session)) + "\n")
        return 0
    for option in ("output", "expect"):
        given = len(getattr(arguments, option))
        if given > len(session.outputs):
            raise DataError(f"{given} --{option} given, the model has {len(session.outputs)} "
                            "outputs")
    results = _stacked(session, [Path(p) for p in arguments.input])
    for path, array in zip(arguments.output, results, strict=False):
        write_file(Path(path), _npy(array))
    differences = [_difference(i, session.outputs[i], array, read_npy(Path(path)),
                               arguments.tolerance)
                   for i, (path, array) in enumerate(zip(arguments.expect, results, strict=False))]
    for line in filter(None, differences):
        sys.stderr.write(f"{PROGRAM}: {line}\n")
    return DIFFERS if any(differences) else 0


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = command_line.parser(PROGRAM, __doc__ or "")
    for option, what in (("--output", "writes the next output"),
                         ("--expect", "compares the next output; exit code 2 if it differs")):
        parser.add_argument(option, action="append", default=[], metavar="FILE.npy", help=what)
    parser.add_argument("--tolerance", type=command_line.amount, default=0.0, metavar="T")
    parser.add_argument("--info", action="store_true", help="describes the model as JSON")
    parser.add_argument("--list-isa", action="store_true")
    return parser.parse_args(list(words))


def _stacked(session: Session, paths: Sequence[Path]) -> list[Array]:
    """Each output of all runs, one after the other along the first dimension."""
    runs = []
    for values in read_samples(paths, session.inputs):
        session.fill(values)
        session.run()
        runs.append(session.results())
    if len(runs) == 1:
        return runs[0]
    return [np.concatenate([np.atleast_1d(array) for array in arrays])
            for arrays in zip(*runs, strict=True)]


def _difference(index: int, port: Port, got: Array, expected: Array, tolerance: float) -> str:
    """Where and by how much an output is off; empty when it is not."""
    where = f"output {index} '{port.name}'"
    if got.dtype != expected.dtype or got.size != expected.size:
        raise DataError(f"{where} is {list(got.shape)} {got.dtype}, expected is "
                        f"{list(expected.shape)} {expected.dtype}")
    a, b = (v.reshape(-1).astype(np.float64) for v in (got, expected))
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    apart = np.where(np.isnan(apart), np.inf, apart)
    beyond = np.flatnonzero(apart > tolerance)
    if not beyond.size:
        return ""
    first = int(beyond[0])
    return (f"{where}: {beyond.size} values differ by more than {tolerance:g}, by up to "
            f"{apart.max():g}; the first, at {first}, is {a[first]:.9g} and should be "
            f"{b[first]:.9g}")


def _info(arguments: argparse.Namespace, session: Session) -> dict[str, Any]:
    path = Path(arguments.model)
    return {"abi": 0, "version": litert_version(), "model": path.stem, "isa": ISA,
            "threads": arguments.threads, "inputs": [_described(p) for p in session.inputs],
            "outputs": [_described(p) for p in session.outputs], "layers": [],
            "memory": memory(path)}


def memory(path: Path) -> dict[str, int]:
    """What is known: LiteRT does not tell the size of its arena, so that counts as 0 here."""
    return {"arena_bytes": 0, "scratch_bytes": 0, "constant_bytes": path.stat().st_size}


def _described(port: Port) -> dict[str, Any]:
    return {"name": port.name, "dtype": str(port.dtype), "shape": list(port.shape),
            "bytes": port.nbytes, "scale": port.scale, "zero_point": port.zero_point}


def _npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(command_line.start(PROGRAM, execute))
