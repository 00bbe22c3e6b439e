"""The verb compress: a recipe to the best model within its limits, with all that proves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnx_ir as ir

from edgec import pipeline
from edgec.atomic import write_file
from edgec.compress.chain import Chain
from edgec.compress.claim import claim
from edgec.compress.lock import make_lock, write_lock
from edgec.compress.method import Given
from edgec.compress.opened import Opened, open_recipe
from edgec.compress.recipe import Recipe, read_recipe
from edgec.compress.search.candidate import Candidate, words
from edgec.compress.search.options import SearchOptions, read_options
from edgec.compress.search.problem import Problem
from edgec.compress.search.search import Found, Search
from edgec.errors import MethodError, UsageError
from edgec.measure.composite import composite
from edgec.measure.compression_report import render
from edgec.measure.costs import CostTable, read_table
from edgec.measure.price import price_for
from edgec.measure.quality import judge
from edgec.model.onnx_file import save_model
from edgec.provenance import sha256_of, tool_versions

Progress = Callable[[str], None]
SCHEMA = "edgec-compression/1"
_TOOLS: Sequence[str] = ("edgec", "numpy", "onnx", "onnxruntime", "torch", "optuna")


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

    result.onnx, result.json, report.html, lock.json, with a target bundle/. Interrupted, the same
    call goes on. Where no candidate meets the limits: MethodError that names the nearest ones;
    the search is kept.
    """
    read = read_recipe(recipe)
    options = _options(read, choices)
    table = _table(read, choices)
    opened = open_recipe(read)
    if unjudged := opened.task.unjudged:
        progress(f"validation has no sample of {', '.join(unjudged)}: a candidate that forgets "
                 "it breaks no limit")
    problem = Problem(opened.model, read.ordered(choices.order),
                      Given(task=opened.task.without_test(), target=opened.target, seed=read.seed,
                            progress=progress), read.limits, price_for(opened.target, table))
    search = Search(problem, options, output)
    with claim(output):
        found = search.run()
        if found.best is None:
            raise MethodError(_none_meets(found, output))
        progress("judging the result")
        return _write(_Winner(recipe, read, opened, found, found.best), search.model(found.best),
                      output)


def read_order(words: str) -> tuple[str, ...]:
    """Names of methods, from "a,b" or from the file order.json that `edgec order` wrote."""
    if not words.endswith(".json"):
        return tuple(name.strip() for name in words.split(","))
    try:
        return tuple(map(str, json.loads(Path(words).read_text())["order"]))
    except OSError as error:
        raise UsageError(f"cannot read the order {words}: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{words} is no order.json ({error}). `edgec order` writes "
                         "them.") from None


@dataclass(frozen=True)
class _Winner:
    """What is known when the search is over."""

    path: Path
    recipe: Recipe
    opened: Opened
    found: Found
    best: Candidate


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


def _none_meets(found: Found, folder: Path) -> str:
    lines = [f"  trial {c.number + 1}, {words(c.strengths)}: "
             + (c.stopped or "; ".join(map(str, c.breaks))) for c in found.nearest()]
    stopped = [c for c in found.candidates if c.stopped]
    return (f"none of {len(found.candidates)} candidates meets the limits. The nearest:\n"
            + "\n".join(lines) + (f"\n{len(stopped)} were given up early." if stopped else "")
            + "\nLoosen a limit, or try other strengths, more epochs or more trials; what was "
            f"tried is kept in {folder}.")


def _write(won: _Winner, model: ir.Model, folder: Path) -> dict[str, Any]:
    """All files of the result; the test split is looked at here, for two models."""
    save_model(model, folder / "result.onnx")
    inputs = {won.path.name: sha256_of(won.path)}
    if won.opened.target is not None:
        pipeline.lower_model(model, folder / "bundle", name="result", target=won.opened.target,
                             origin=pipeline.Origin(
                                 inputs, samples=won.opened.task.validation.inputs))
    if won.best.steps:
        chain = Chain(model, tuple(tried.stage for tried in won.best.steps), won.found.score)
        write_lock(make_lock(won.path, folder, won.opened, chain, seed=won.recipe.seed),
                   folder / "lock.json")
    document = _document(won, model, inputs)
    document["result_sha256"] = sha256_of(folder / "result.onnx")
    write_file(folder / "result.json",
               (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    write_file(folder / "report.html", render(document).encode())
    return document


def _document(won: _Winner, model: ir.Model, inputs: dict[str, str]) -> dict[str, Any]:
    task, before, best = won.opened.task, won.found.original, won.best
    assert best.cost is not None
    score = composite(before, best.cost)
    return {
        "schema": SCHEMA, "inputs": inputs, "tools": tool_versions(_TOOLS),
        "model": won.recipe.model.rsplit("/", 1)[-1],
        "target": None if won.opened.target is None else won.opened.target.name,
        "seed": won.recipe.seed, "metric": task.metric, "limits": asdict(won.recipe.limits),
        "classes": list(task.classes), "unjudged": list(task.unjudged),
        "before": {"cost": before.to_json(), "validation": won.found.score,
                   **judge(won.opened.model, task, won.recipe.seed).to_json()},
        "after": {"cost": best.cost.to_json(), "validation": best.score,
                  **judge(model, task, won.recipe.seed).to_json()},
        "composite": {"terms": dict(score.terms), "total": score.total},
        "best": best.to_json(), "candidates": [c.to_json() for c in won.found.candidates]}
