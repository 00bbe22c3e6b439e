"""One model by every backend: lowered side by side, measured in turns, the fastest chosen."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import onnx_ir as ir

from edgec import pipeline
from edgec.errors import EdgecError, LoweringError, UsageError
from edgec.format.bundle import Bundle, BundleContents, is_bundle, read_bundle, write_bundle
from edgec.lower.backend import backend_names, load_backend
from edgec.lower.lower import Placement
from edgec.measure.bench import BenchOptions
from edgec.target.target import Target
from edgec.target.toolchain import host_triple

NO_ORIGIN = pipeline.Origin()
ROUNDS = 5
# Of each bundle in each round: enough samples for a median, short enough to take turns.
EACH = BenchOptions(warmup_s=0.1, min_time_s=0.4, max_time_s=20, min_iterations=11, profile=False,
                    energy=False)


@dataclass(frozen=True)
class Place:
    """Where to measure: this machine, or a board of the boards file."""

    board: str | None = None
    boards: Path | None = None


HERE = Place()


@dataclass(frozen=True)
class Row:
    """One backend's bundle. ratio: its time over the fastest one's."""

    backend: str
    artifact_bytes: int
    median_us: float
    ratio: float
    rounds_us: tuple[float, ...]


def lower_all(model: ir.Model, output: Path, *, name: str, target: Target,
              origin: pipeline.Origin = NO_ORIGIN
              ) -> tuple[dict[str, Bundle], dict[str, str]]:
    """A bundle `output`/<backend> by every backend of the target; of the others the reason.

    LoweringError when no backend can lower the model.
    """
    made, refused = _lowered(model, name, target, origin)
    return {backend: write_bundle(output / backend, contents)
            for backend, (contents, _) in made.items()}, refused


def _lowered(model: ir.Model, name: str, target: Target, origin: pipeline.Origin
             ) -> tuple[dict[str, tuple[BundleContents, list[Placement]]], dict[str, str]]:
    made, refused = {}, {}
    for backend in backend_names():
        if backend not in target.backends:
            refused[backend] = f"the target {target.name} does not have it"
            continue
        try:
            made[backend] = pipeline.lowered(model, name, target, backend, _of(origin, backend))
        except EdgecError as error:
            refused[backend] = str(error)
    if not made:
        if len({refused[name] for name in target.backends if name in refused}) == 1:
            raise LoweringError(refused[target.backends[0]])
        said = "\n".join(f"{backend}: {why}" for backend, why in refused.items())
        raise LoweringError(f"no backend of {target.name} can lower {name}:\n{said}")
    return made, refused


def _of(origin: pipeline.Origin, backend: str) -> pipeline.Origin:
    """With the options that the backend has."""
    known = load_backend(backend).options
    return replace(origin, options={name: value for name, value in origin.options.items()
                                    if name in known})


def bundles_in(folder: Path) -> list[Path]:
    """The bundles that lie directly in `folder`, by name; none when it is a bundle itself."""
    if is_bundle(folder) or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if is_bundle(path))


@dataclass(frozen=True)
class Compared:
    """The rows, fastest first. board: what they were measured on, as result documents say it."""

    rows: tuple[Row, ...]
    board: Mapping[str, Any]


def compare(bundles: Sequence[Path], place: Place = HERE, options: BenchOptions = EACH,
            progress: pipeline.Progress = lambda line: None) -> Compared:
    """The bundles measured in turns, so that a busy machine is busy for all.

    UsageError when they are not of one target.
    """
    found = [read_bundle(path) for path in bundles]
    targets = sorted({bundle.target for bundle in found})
    if len(targets) != 1:
        raise UsageError(f"the bundles are for several targets ({', '.join(targets)}); a table "
                         "compares those of one. Give a folder of `edgec lower --backend all`.")
    rounds: dict[Path, list[float]] = {path: [] for path in bundles}
    board: Mapping[str, Any] = {}
    for number in range(ROUNDS):
        progress(f"round {number + 1} of {ROUNDS}")
        for path in bundles:
            document = pipeline.bench(path, board=place.board, boards=place.boards,
                                      options=options)
            rounds[path].append(document["latency"]["percentiles_us"]["p50"])
            board = document["board"]
    medians = {path: median(times) for path, times in rounds.items()}
    fastest = min(medians.values())
    rows = [Row(bundle.backend, bundle.files[bundle.artifact].bytes, medians[bundle.path],
                medians[bundle.path] / fastest, tuple(rounds[bundle.path])) for bundle in found]
    return Compared(tuple(sorted(rows, key=lambda row: row.median_us)), board)


def lower_fastest(model: ir.Model, output: Path, *, name: str, target: Target,
                  origin: pipeline.Origin = NO_ORIGIN, place: Place = HERE
                  ) -> tuple[Bundle, list[Placement], Sequence[Row]]:
    """The bundle of the backend that is fastest at `place`; its manifest says by what numbers."""
    if place.board is None and target.triple != host_triple():
        raise UsageError(f"the fastest backend is found by measuring, {target.name} is "
                         f"{target.triple} and this machine is {host_triple()}. Name a board with "
                         f"--board, or a backend: {', '.join(target.backends)}.")
    made, refused = _lowered(model, name, target, origin)
    with tempfile.TemporaryDirectory(prefix="edgec-auto-") as folder:
        found = compare([write_bundle(Path(folder) / backend, contents).path
                         for backend, (contents, _) in made.items()], place)
    chosen = {"reason": f"the lowest median of {ROUNDS} rounds in turns",
              "measured_on": {key: found.board[key] for key in ("name", "where", "cpu")},
              "rows": [{**asdict(row), "rounds_us": list(row.rounds_us)} for row in found.rows],
              "refused": refused}
    contents, placements = made[found.rows[0].backend]
    bundle = write_bundle(output, replace(contents, chosen=chosen))
    return bundle, placements, found.rows
