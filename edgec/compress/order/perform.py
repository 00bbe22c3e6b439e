"""Performs one run: the chain, then the scores of single samples, of half of the validation split.

The other half is what the methods see and choose by, so nothing is judged by what it was chosen by.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnx_ir as ir

from edgec.compress.chain import run_chain
from edgec.compress.hashes import model_sha256, task_sha256
from edgec.compress.method import Given, quiet
from edgec.compress.opened import open_recipe
from edgec.compress.order.plan import Run
from edgec.compress.recipe import Recipe
from edgec.compress.training.score import sample_scores
from edgec.compress.training.threads import torch_threads
from edgec.errors import DataError, MethodError
from edgec.model.execute import TorchGraph
from edgec.model.inspect import inspect_model
from edgec.model.task import Samples, Task, split
from edgec.provenance import sha256_of_json, tool_versions
from edgec.target.target import Target

JUDGED = 0.5  # share of the validation split that judges
THREADS = 1   # of torch in a run: its result depends on them


@dataclass(frozen=True)
class Bench:
    """What all runs of a recipe share. judges: samples that no method sees."""

    model: ir.Model
    task: Task
    judges: Samples
    test: Samples | None
    target: Target | None

    def sha256(self) -> str:
        """Of everything that a result depends on besides the run."""
        whole = Task(self.task.train, self.task.validation, self.judges, self.task.loss,
                     self.task.metric, self.task.augment)
        return sha256_of_json({"model": model_sha256(self.model), "task": task_sha256(whole),
                               "target": None if self.target is None else self.target.name,
                               "tools": tool_versions(), "threads": THREADS})


@dataclass(frozen=True)
class Result:
    """What a run gave. scores: of each judging sample; test: of each test sample, () if not asked.

    error: why the chain cannot be applied; then there is nothing else.
    """

    key: str
    scores: tuple[float, ...] = ()
    test: tuple[float, ...] = ()
    parameters: int = 0
    macs: int = 0
    seconds: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Result:
        """The result in what `to_json` gave; TypeError, KeyError for anything else."""
        made = cls(**document)
        return replace(made, scores=tuple(map(float, made.scores)),
                       test=tuple(map(float, made.test)))


def open_bench(recipe: Recipe) -> Bench:
    """Loads what the recipe names and halves its validation split, of every class alike."""
    opened = open_recipe(recipe)
    chosen, judges = split(opened.task.validation, JUDGED, 0)
    task = replace(opened.task.without_test(), validation=chosen)
    return Bench(opened.model, task, judges, opened.task.test, opened.target)


def perform(bench: Bench, run: Run, folder: Path,
            progress: Callable[[str], None] = quiet) -> Result:
    """The run's result; stages go to `folder`, where runs with the same beginning find them."""
    try:
        with torch_threads(THREADS):
            return _perform(bench, run, folder, progress)
    except (MethodError, DataError) as error:
        return Result(run.key, error=str(error))


def _perform(bench: Bench, run: Run, folder: Path, progress: Callable[[str], None]) -> Result:
    start, place = time.monotonic(), folder / run.family
    given = Given(task=bench.task, target=bench.target, seed=run.seed, progress=progress)
    done = run_chain(bench.model, run.steps, given, place)
    graph, summary = TorchGraph(done.model, ()), inspect_model(done.model)
    found = [tuple(sample_scores(graph, samples, bench.task.metric).round(7).tolist())
             for samples in (bench.judges, bench.test if run.tested else None)
             if samples is not None]
    _forget_last(place, run)
    return Result(run.key, found[0], found[1] if len(found) > 1 else (), summary.parameters,
                  summary.macs, round(time.monotonic() - start, 3))


def _forget_last(place: Path, run: Run) -> None:
    """Only beginnings are shared; the model at the end would be room wasted."""
    if len(run.steps) > 1:
        last = place / f"{len(run.steps):02}_{run.steps[-1].name}.onnx"
        last.unlink(missing_ok=True)


def forget_stages(folder: Path) -> None:
    """Removes what runs left for each other."""
    shutil.rmtree(folder, ignore_errors=True)
