"""lock.json: everything that a result depends on, so that anybody can make it again and compare."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from edgec.atomic import write_file
from edgec.compress import method
from edgec.compress.chain import Chain, Step, run_chain
from edgec.compress.hashes import model_sha256, task_sha256
from edgec.compress.method import Given, quiet
from edgec.compress.opened import Opened, open_recipe
from edgec.compress.recipe import Recipe, located, parse_recipe
from edgec.compress.training.score import score_model
from edgec.compress.training.threads import torch_threads
from edgec.errors import FormatError, UsageError
from edgec.model.task import split
from edgec.provenance import tool_versions

VERSION = 1
SAME_BYTES, SAME_SCORE, DIFFERS = "same bytes", "same score", "differs"
_SCORES_AGREE = 1e-9


@dataclass(frozen=True)
class LockedStage:
    """One step of the chain. sha256: of the model it made; score: on validation."""

    name: str
    options: Mapping[str, Any]
    sha256: str
    score: float


@dataclass(frozen=True)
class LockedResult:
    """sha256: of the model at the end; its scores on validation and, where there is one, test."""

    sha256: str
    score_validation: float
    score_test: float | None


@dataclass(frozen=True)
class Lock:
    """recipe: its text; folder: where its paths begin, seen from the lock's folder.

    held_out: share of the validation split that the methods did not see. threads: of torch.
    evidence_sha256: of the order.json beside it, empty where there is none.
    """

    recipe: str
    folder: str
    recipe_sha256: str
    model_sha256: str
    task_sha256: str
    seed: int
    threads: int
    tools: Mapping[str, str]
    order: tuple[str, ...]
    stages: tuple[LockedStage, ...]
    result: LockedResult
    held_out: float = 0.0
    evidence_sha256: str = ""
    version: int = VERSION


@dataclass(frozen=True)
class Replay:
    """verdict: same bytes, same score (with other bytes), or differs; why: what is not the same."""

    verdict: str
    why: tuple[str, ...]


def make_lock(recipe: Path, place: Path, opened: Opened, chain: Chain, *, seed: int,
              held_out: float = 0.0) -> Lock:
    """The lock of a chain of the recipe in the file `recipe`, to be written to the folder `place`.

    The model at the end is scored on the test split here, once. seed: that the chain was given.
    """
    text, task = recipe.read_text(encoding="utf-8"), opened.task
    last = chain.stages[-1]
    tested = None if task.test is None else score_model(chain.model, task.test, task.metric)
    return Lock(
        recipe=text, folder=os.path.relpath(recipe.parent.absolute(), place.absolute()),
        recipe_sha256=sha256(text.encode()).hexdigest(), model_sha256=model_sha256(opened.model),
        task_sha256=task_sha256(task), seed=seed, threads=torch.get_num_threads(),
        tools=tool_versions(), order=tuple(stage.name for stage in chain.stages),
        stages=tuple(LockedStage(s.name, _portable(s, recipe.parent), s.sha256, s.score or 0.0)
                     for s in chain.stages),
        result=LockedResult(last.sha256, last.score or 0.0, tested), held_out=held_out)


def write_lock(lock: Lock, path: Path) -> None:
    """Writes it as JSON, whole or not at all."""
    write_file(path, (json.dumps(asdict(lock), indent=1, allow_nan=False) + "\n").encode())


def read_lock(path: Path) -> Lock:
    """The lock in a file; FormatError that names what is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the lock {path}: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the lock {path} is not JSON: {error}.") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        found = document.get("version") if isinstance(document, dict) else None
        raise FormatError(f"the lock {path} has version {found!r}; this edgec reads {VERSION}.")
    lock: Lock = _typed(Lock, document, str(path))
    if not lock.stages:
        raise FormatError(f"the lock {path}: stages is empty; there is nothing to replay.")
    if not (0 <= lock.held_out < 1 and lock.seed >= 0 and 1 <= lock.threads <= 1024):
        raise FormatError(f"the lock {path}: held_out, seed or threads is out of range.")
    return lock


def replay(path: Path, progress: Callable[[str], None] = quiet) -> Replay:
    """Makes the result of a lock again, in a folder that is removed, and compares.

    Errors are those of reading the lock, its recipe, model and data, and of the methods.
    """
    lock = read_lock(path)
    opened = open_recipe(locked_recipe(lock, path))
    if wrong := tuple(_other_inputs(lock, opened)):
        return Replay(DIFFERS, wrong)
    task = opened.task.without_test()
    if lock.held_out:
        task = replace(task, validation=split(task.validation, lock.held_out, 0)[0])
    steps = [_step(stage, (path.parent / lock.folder).absolute()) for stage in lock.stages]
    given = Given(task=task, target=opened.target, seed=lock.seed, progress=progress)
    with tempfile.TemporaryDirectory(prefix="edgec-verify-") as folder, torch_threads(lock.threads):
        made = run_chain(opened.model, steps, given, Path(folder))
        test = opened.task.test
        tested = None if test is None else score_model(made.model, test, task.metric)
    return _compared(lock, made, tested)


def locked_recipe(lock: Lock, path: Path) -> Recipe:
    """The recipe in a lock that lies at `path`."""
    folder = (path.parent / lock.folder).absolute()
    try:
        return parse_recipe(tomllib.loads(lock.recipe), folder, f"the recipe in {path}")
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"the recipe in the lock {path} is not TOML: {error}.") from None


def _portable(stage: Stage, folder: Path) -> dict[str, Any]:
    """A stage's options with paths as the recipe would write them."""
    options = dict(stage.options)
    for name in method.load(stage.name).file_options():
        if Path(options[name]).is_absolute():
            options[name] = os.path.relpath(options[name], folder.absolute())
    return options


def _step(stage: LockedStage, folder: Path) -> Step:
    """The step of a stage; the opposite of `_portable`."""
    made = method.load(stage.name).from_options(stage.options)
    files = {name: located(getattr(made, name), folder) for name in made.file_options()}
    return Step(stage.name, replace(made, **files))


def _compared(lock: Lock, made: Chain, tested: float | None) -> Replay:
    if made.stages[-1].sha256 == lock.result.sha256:
        return Replay(SAME_BYTES, ())
    why = [*_other_tools(lock), *_other_stages(lock, made)]
    scores = ((made.stages[-1].score, lock.result.score_validation, "validation"),
              (tested, lock.result.score_test, "test"))
    other = [f"the score on {name} is {now}, was {then}" for now, then, name in scores
             if now != then and (now is None or then is None or abs(now - then) > _SCORES_AGREE)]
    return Replay(DIFFERS if other else SAME_SCORE, (*why, *other))


def _other_inputs(lock: Lock, opened: Opened) -> Iterator[str]:
    if sha256(lock.recipe.encode()).hexdigest() != lock.recipe_sha256:
        yield "the recipe in the lock is not the one it was made from"
    if (now := model_sha256(opened.model)) != lock.model_sha256:
        yield f"the model has sha256 {now}, was {lock.model_sha256}"
    if (now := task_sha256(opened.task)) != lock.task_sha256:
        yield f"the data has sha256 {now}, was {lock.task_sha256}"


def _other_tools(lock: Lock) -> Iterator[str]:
    now = tool_versions()
    for name in sorted({*now, *lock.tools}):
        if now.get(name) != lock.tools.get(name):
            yield f"{name} is {now.get(name, 'absent')}, was {lock.tools.get(name, 'absent')}"


def _other_stages(lock: Lock, made: Chain) -> Iterator[str]:
    for number, (then, now) in enumerate(zip(lock.stages, made.stages, strict=True), 1):
        if then.sha256 != now.sha256:
            yield (f"step {number}, {then.name}, is the first that makes another model: it scores "
                   f"{now.score}, was {then.score}")
            return


_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float), "float | None": (int, float, type(None)),
    "Mapping[str, str]": (dict,), "Mapping[str, Any]": (dict,), "tuple[str, ...]": (list,),
    "tuple[LockedStage, ...]": (list,), "LockedResult": (dict,)}


def _typed(cls: type, document: Any, where: str) -> Any:
    """The dataclass in a JSON object; every value has the type of its field."""
    if not isinstance(document, dict):
        raise FormatError(f"the lock {where}: {document!r} must be an object.")
    values: dict[str, Any] = {}
    for field in fields(cls):
        if field.name not in document:
            raise FormatError(f"the lock {where}: {field.name} is missing.")
        value, kind = document[field.name], str(field.type)
        if not isinstance(value, _KINDS[kind]) or isinstance(value, bool):
            raise FormatError(f"the lock {where}: {field.name} is {value!r:.60}; it must be of "
                              f"type {kind}.")
        values[field.name] = _nested(kind, value, where)
    return cls(**values)


def _nested(kind: str, value: Any, where: str) -> Any:
    if kind == "LockedResult":
        return _typed(LockedResult, value, f"{where}, result")
    if kind == "tuple[LockedStage, ...]":
        return tuple(_typed(LockedStage, stage, f"{where}, stages") for stage in value)
    if kind in ("tuple[str, ...]", "Mapping[str, str]"):
        texts = value.values() if isinstance(value, dict) else value
        if not all(isinstance(text, str) for text in texts):
            raise FormatError(f"the lock {where}: {value!r:.60} must hold texts alone.")
        return tuple(value) if isinstance(value, list) else value
    return value
