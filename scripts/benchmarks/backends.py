"""`scripts/bench backends`: every model through every backend, what runs and what it weighs."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Command
from benchmarks.gallery import OTHERS, REFERENCES, gallery
from benchmarks.networks import add_models_argument
from benchmarks.table import table, write_json
from edgec import pipeline
from edgec.errors import EdgecError
from edgec.lower.backend import backend_names, load_backend
from edgec.measure.parity.difference import Difference, between
from edgec.model.load import load_model
from edgec.target.target import Target, load_target, target_names


@dataclass(frozen=True)
class Cell:
    """One model by one backend.

    difference: of the outputs from the reference's; None where nothing here runs the artifact.
    artifact, deploy: bytes of it, and of all that goes to the board. refused: why there is none.
    """

    model: str
    backend: str
    target: str
    difference: Difference | None = None
    artifact: int = 0
    deploy: int = 0
    refused: str = ""

    def text(self) -> list[str]:
        """A row of the table."""
        head = [self.model, self.backend, self.target]
        if self.refused:
            return [*head, "refused", "", ""]
        return [*head, _said(self.difference), f"{self.artifact:,}",
                f"{self.deploy:,}" if self.deploy else ""]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        found = None if self.difference is None else self.difference.to_json()
        return {**asdict(self), "difference": found}


def _said(found: Difference | None) -> str:
    """How many values differ and by how much: integers in steps, floats as signal to noise."""
    if found is None:
        return "not run here"
    if not found.differ:
        return f"all {found.values} equal"
    by = f"{found.largest:.0f} steps" if found.integer else f"{found.sqnr_db:.0f} dB"
    return f"{found.differ} of {found.values} differ, {by}"


def measured(name: str, path: Path, backend: str, boards: tuple[Target, Target]) -> Cell:
    """Runs it here, weighs it for the board; boards: this machine, the board."""
    here, board = boards
    with tempfile.TemporaryDirectory(prefix="edgec-backends-") as folder:
        try:
            difference = _run(path, backend, here, Path(folder) / "here")
            bundle, _ = pipeline.lower_model(load_model(path), Path(folder) / "board", name=name,
                                             target=board, backend=backend)
        except EdgecError as error:
            return Cell(name, backend, board.name, refused=str(error))
        brought = () if difference is None else load_backend(backend).device_files(board.triple)
        deployed = sum(entry.bytes for entry in bundle.files.values())
        return Cell(name, backend, board.name, difference,
                    bundle.files[bundle.artifact].bytes,
                    deployed + sum(p.stat().st_size for p in brought) if brought else 0)


def _run(path: Path, backend: str, here: Target, folder: Path) -> Difference | None:
    """Of the outputs for the golden inputs from those of the references."""
    if backend not in here.backends:
        return None
    bundle, _ = pipeline.lower_model(load_model(path), folder, name="m", target=here,
                                     backend=backend)
    found = pipeline.run(folder, [np.load(p) for p in bundle.golden_inputs])
    expected = [np.load(p) for p in bundle.golden_outputs]
    return reduce(add, map(between, expected, found))


def _board_of(backend: str, wanted: Target) -> Target:
    """The board asked for, or the first kind that has the backend."""
    if backend in wanted.backends:
        return wanted
    return next(t for t in map(load_target, target_names()) if backend in t.backends)


def _run_command(arguments: argparse.Namespace) -> None:
    here, board = load_target(arguments.here), load_target(arguments.target)
    cells = []
    for name, path in gallery(arguments.models, arguments.networks).items():
        for backend in arguments.backends:
            cells.append(measured(name, path, backend, (here, _board_of(backend, board))))
            print("  ".join(cells[-1].text()), flush=True)
    print(table(("model", "backend", "board", "outputs here", "artifact", "brought to the board"),
                [cell.text() for cell in cells], left=4))
    for cell in cells:
        if cell.refused:
            print(f"\n{cell.model}, {cell.backend}: {cell.refused}")
    write_json(arguments.json, [cell.to_json() for cell in cells])


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    names = (*REFERENCES, *OTHERS)
    parser.add_argument("networks", nargs="*", default=list(names), metavar="NETWORK",
                        help=f"of {', '.join(names)}")
    parser.add_argument("--backends", nargs="+", default=list(backend_names()),
                        choices=backend_names(), metavar="BACKEND", help="all by default")
    parser.add_argument("--target", default="raspberry_pi_5",
                        help="the board that is lowered for; a backend it lacks takes another")
    parser.add_argument("--here", default="generic_x86_64", help="what this machine is")
    parser.add_argument("--json", type=Path, help="writes the table as JSON, too")
    add_models_argument(parser)


COMMAND = Command(
    "backends", "Every model through every backend: runs, values that differ, sizes.",
    "Lowered for this machine and run on the golden inputs, compared with the references; lowered "
    "for a board and weighed. Models are made where they are missing.", _add_arguments,
    _run_command)
