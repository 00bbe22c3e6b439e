"""Applies methods one after the other; every stage is a file that a second run finds again."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnx_ir as ir
import torch

from edgec.atomic import write_file
from edgec.compress import method
from edgec.compress.hashes import data_sha256, model_sha256, task_sha256
from edgec.compress.method import Given, Method
from edgec.compress.training.score import score_model
from edgec.errors import MethodError, ModelError, UsageError
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.provenance import sha256_of_json, tool_versions


@dataclass(frozen=True)
class Step:
    """One method of a chain; `name` is its plug-in's name."""

    name: str
    method: Method


@dataclass(frozen=True)
class Stage:
    """What a step made. score: of the task's metric on validation, None without a task.

    key: hash of all that went in; sha256: of the model that came out; seconds: what making it took,
    in an earlier run where it was found.
    """

    name: str
    options: Mapping[str, Any]
    key: str
    sha256: str
    score: float | None
    report: Mapping[str, Any]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Chain:
    """The model at the end and how it came about; `before` is the score of the model given."""

    model: ir.Model
    stages: tuple[Stage, ...]
    before: float | None


def run_chain(model: ir.Model, steps: Sequence[Step], given: Given, folder: Path) -> Chain:
    """Applies the steps in order; files of the stages go to `folder`, which is made.

    A stage whose inputs, options, seed, tools and threads are those of a file that is there is
    taken from it, so an interrupted run goes on where it stopped. Where there is a task and no
    teacher the model given becomes the teacher of every step. Errors are those of the methods;
    MethodError when a score is not a number; UsageError when the folder cannot be made.
    """
    _make(folder)
    if given.task is not None and given.teacher is None:
        given = replace(given, teacher=model)
    if given.data is not None and iter(given.data) is given.data:
        given = replace(given, data=tuple(given.data))  # every step reads it again
    common = {"given": _given_sha256(given), "tools": tool_versions(),
              "threads": torch.get_num_threads()}
    before = _score(model, given)
    stages: list[Stage] = []
    for number, step in enumerate(steps, 1):
        key = sha256_of_json({**common, "model": model_sha256(model), "method": step.name,
                              "options": _options(step.method)})
        place = folder / f"{number:02}_{step.name}"
        place_of = f", method {number} of {len(steps)}" if len(steps) > 1 else ""
        found = _found(place, key)
        if found is None:
            given.progress(f"{step.name}{place_of}")
            found = _apply(step, model, given, place, key)
        else:
            given.progress(f"{step.name}{place_of}: found in {folder}")
        stage, model = found
        stages.append(stage)
    return Chain(model, tuple(stages), before)


def _apply(step: Step, model: ir.Model, given: Given, place: Path,
           key: str) -> tuple[Stage, ir.Model]:
    start = time.monotonic()
    done = method.run(step.method, model, given)
    save_model(done.model, place.with_suffix(".onnx"))
    made = load_model(place.with_suffix(".onnx"))  # what a later run will find
    stage = Stage(step.name, asdict(step.method), key, model_sha256(made), _score(made, given),
                  done.report.to_json(), round(time.monotonic() - start, 3))
    text = json.dumps(stage.to_json(), indent=1, allow_nan=False) + "\n"
    write_file(place.with_suffix(".json"), text.encode())
    return Stage(**json.loads(text)), made


def _found(place: Path, key: str) -> tuple[Stage, ir.Model] | None:
    """The stage of an earlier run with this key, when its files are whole."""
    try:
        stage = Stage(**json.loads(place.with_suffix(".json").read_text()))
        model = load_model(place.with_suffix(".onnx"))
    except (OSError, ValueError, TypeError, ModelError):
        return None
    same = stage.key == key and stage.sha256 == model_sha256(model)
    return (stage, model) if same else None


def _options(chosen: Method) -> dict[str, Any]:
    """All that a method's options say: of a file that they name, what is in it."""
    options = asdict(chosen)
    for name in chosen.file_options():
        if options[name]:
            options[name] = model_sha256(load_model(options[name]))
    return options


def _score(model: ir.Model, given: Given) -> float | None:
    if given.task is None:
        return None
    score = score_model(model, given.task.validation, given.task.metric)
    if not math.isfinite(score):
        raise MethodError(f"{model.graph.name or 'the model'} scores {score} ({given.task.metric}) "
                          "on validation, so its outputs are not numbers. Look at its weights.")
    return score


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror or error}.") from None


def _given_sha256(given: Given) -> dict[str, Any]:
    return {"seed": given.seed,
            "target": None if given.target is None else given.target.name,
            "task": None if given.task is None else task_sha256(given.task.without_test()),
            "data": None if given.data is None else data_sha256(given.data),
            "teacher": None if given.teacher is None else model_sha256(given.teacher)}
