"""The verb compress: a recipe to the best model within its limits, with all that proves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import onnx_ir as ir

from edgec import pipeline
from edgec.atomic import write_file
from edgec.compress.method import Given
from edgec.compress.opened import Opened, open_recipe
from edgec.compress.recipe import Recipe, read_recipe
from edgec.compress.search.candidate import Candidate
from edgec.compress.search.options import SearchOptions, read_options
from edgec.compress.search.problem import Problem
from edgec.compress.search.search import Found, Search
from edgec.errors import MethodError, UsageError
from edgec.measure.costs import CostTable, read_table
from edgec.measure.price import price_for
from edgec.model.onnx_file import save_model
from edgec.model.task import Samples
from edgec.provenance import sha256_of, tool_versions

Progress = Callable[[str], None]
SCHEMA = "edgec-compression/1"


@dataclass(frozen=True)
class Choices:
    """What the command line adds to a recipe. order: names of methods. trials: instead of the
    recipe's. costs: a table written by `edgec profile`.
    """

    order: tuple[str, ...] = ()
    trials: int | None = None
    costs: Path | None = None


def compress(recipe: Path, output: Path, choices: Choices = Choices(),
             progress: Progress = lambda line: None) -> dict[str, Any]:
    """Searches, and writes the best model that meets the limits to the folder `output`.

    result.onnx, result.json, with a target bundle/. Interrupted, the same call goes on. Where no
    candidate meets the limits: MethodError that names the nearest ones; the search is kept.
    """
    read = read_recipe(recipe)
    options = _options(read, choices)
    table = _table(read, choices)
    opened = open_recipe(read)
    problem = Problem(opened.model, read.ordered(choices.order),
                      Given(task=opened.task.without_test(), target=opened.target, seed=read.seed,
                            progress=progress), read.limits, price_for(opened.target, table))
    _make(output)
    search = Search(problem, options, output)
    found = search.run()
    if found.best is None:
        raise MethodError(_none_meets(found, output))
    return _write(_Winner(read, opened, found, found.best, search.model(found.best)), output,
                  {recipe.name: sha256_of(recipe)})


@dataclass(frozen=True)
class _Winner:
    """All that is known when the search is over."""

    recipe: Recipe
    opened: Opened
    found: Found
    best: Candidate
    model: ir.Model


def _options(recipe: Recipe, choices: Choices) -> SearchOptions:
    options = read_options(recipe.search, recipe.limits, target=recipe.target is not None)
    return options if choices.trials is None else replace(options, trials=choices.trials)


def _table(recipe: Recipe, choices: Choices) -> CostTable:
    if choices.costs is None:
        return CostTable()
    if recipe.target is None:
        raise UsageError(f"a table of costs is given, {choices.costs}, and the recipe names no "
                         "target. Add target = \"...\" to the recipe.")
    return read_table(choices.costs, recipe.target)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}.") from None


def _none_meets(found: Found, folder: Path) -> str:
    nearest = found.nearest()
    lines = [f"  trial {c.number}, {_words(c)}: " + "; ".join(map(str, c.breaks)) for c in nearest]
    stopped = [c for c in found.candidates if c.stopped]
    if not nearest:
        lines = [f"  trial {c.number}, {_words(c)}: {c.stopped}" for c in stopped[:3]]
    return (f"none of {len(found.candidates)} candidates meets the limits. The nearest:\n"
            + "\n".join(lines) + f"\n{len(stopped)} were given up early. Loosen a limit, or try "
            f"other strengths or more trials; what was tried is kept in {folder}.")


def _words(candidate: Candidate) -> str:
    return ", ".join(f"{method}.{name}={value:.4g}" if isinstance(value, float)
                     else f"{method}.{name}={value}"
                     for method, options in candidate.strengths.items()
                     for name, value in options.items()) or "as the recipe says"


def _write(won: _Winner, folder: Path, inputs: dict[str, str]) -> dict[str, Any]:
    save_model(won.model, folder / "result.onnx")
    if won.opened.target is not None:
        pipeline.lower_model(won.model, folder / "bundle", name="result",
                             target=won.opened.target, origin=pipeline.Origin(inputs))
    document = {
        "schema": SCHEMA, "inputs": inputs, "tools": tool_versions((*_TOOLS,)),
        "target": None if won.opened.target is None else won.opened.target.name,
        "seed": won.recipe.seed, "metric": won.opened.task.metric,
        "limits": won.recipe.limits.__dict__, "result_sha256": sha256_of(folder / "result.onnx"),
        "before": {"cost": won.found.original.to_json(), "validation": won.found.score,
                   **_test(won.opened, won.opened.model)},
        "after": {"cost": won.best.cost and won.best.cost.to_json(), "validation": won.best.score,
                  **_test(won.opened, won.model)},
        "best": won.best.to_json(),
        "candidates": [c.to_json() for c in won.found.candidates]}
    write_file(folder / "result.json",
               (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    return document


_TOOLS: Sequence[str] = ("edgec", "numpy", "onnx", "onnxruntime", "torch", "optuna")


def _test(opened: Opened, model: ir.Model) -> dict[str, Any]:
    """The score on the test split, looked at once, when everything is chosen."""
    from edgec.compress.training.score import score_model

    samples: Samples | None = opened.task.test
    if samples is None:
        return {"test": None}
    return {"test": score_model(model, samples, opened.task.metric)}


