"""Locks: what is the same, what differs and why; hostile files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgec.compress.chain import run_chain
from edgec.compress.lock import (
    DIFFERS,
    SAME_BYTES,
    SAME_SCORE,
    Lock,
    make_lock,
    read_lock,
    replay,
    write_lock,
)
from edgec.compress.method import Given
from edgec.compress.opened import open_recipe
from edgec.compress.recipe import read_recipe
from edgec.errors import FormatError, UsageError
from tests.unit.compress.recipes import write_recipe

METHODS = "[methods.prune]\nratio = 0.3\nepochs = 0\nsteps = 1\n[methods.quantize]\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recipe, net, data and, in `out`, lock.json of prune → quantize."""
    folder = tmp_path_factory.mktemp("lock")
    path = write_recipe(folder, METHODS)
    recipe = read_recipe(path)
    opened = open_recipe(recipe)
    steps = [table.step() for table in recipe.ordered()]
    given = Given(task=opened.task.without_test(), seed=7)
    chain = run_chain(opened.model, steps, given, folder / "out")
    lock = make_lock(path, folder / "out", opened, chain, seed=7)
    write_lock(lock, folder / "out" / "lock.json")
    return folder


@pytest.fixture
def lock(made: Path, tmp_path: Path) -> Path:
    """lock.json in a copy of that folder."""
    return Path(shutil.copytree(made, tmp_path / "elsewhere")) / "out" / "lock.json"


def changed(path: Path, change: Callable[[Lock], Lock]) -> Path:
    write_lock(change(read_lock(path)), path)
    return path


def test_a_lock_survives_the_disk(made: Path) -> None:
    path = made / "out" / "lock.json"
    text = path.read_text()
    write_lock(read_lock(path), path)
    assert path.read_text() == text


def test_it_says_what_was_done_and_what_came_out(made: Path) -> None:
    lock = read_lock(made / "out" / "lock.json")
    assert lock.order == ("prune", "quantize")
    assert lock.stages[0].options["ratio"] == 0.3
    assert lock.seed == 7
    assert lock.result.sha256 == lock.stages[-1].sha256
    assert lock.result.score_test is not None
    assert "/" not in lock.folder.replace("..", "")


def test_the_replay_in_another_folder_gives_the_same_bytes(lock: Path) -> None:
    assert replay(lock).verdict == SAME_BYTES


def test_other_bytes_with_the_same_score_name_the_step_and_the_tool(lock: Path) -> None:
    def other(lock: Lock) -> Lock:
        stages = tuple(replace(s, sha256="0" * 64) for s in lock.stages)
        return replace(lock, stages=stages, tools={**lock.tools, "numpy": "1.0"},
                       result=replace(lock.result, sha256="0" * 64))

    found = replay(changed(lock, other))
    assert found.verdict == SAME_SCORE
    assert found.why[0].startswith("numpy is ")
    assert found.why[0].endswith(", was 1.0")
    assert found.why[1].startswith("step 1, prune, is the first that makes another model")


def test_another_score_differs(lock: Path) -> None:
    def worse(lock: Lock) -> Lock:
        return replace(lock, result=replace(lock.result, sha256="0" * 64, score_test=0.25))

    found = replay(changed(lock, worse))
    assert found.verdict == DIFFERS
    assert found.why[-1].endswith("was 0.25")


def test_other_data_is_told_before_anything_is_run(lock: Path) -> None:
    write_recipe(lock.parents[1], METHODS, train=480)
    found = replay(lock)
    assert found.verdict == DIFFERS
    assert len(found.why) == 1
    assert found.why[0].startswith("the data has sha256 ")


def test_a_recipe_changed_inside_the_lock_is_told(lock: Path) -> None:
    found = replay(changed(lock, lambda x: replace(x, recipe=x.recipe + "# changed\n")))
    assert found.why == ("the recipe in the lock is not the one it was made from",)


def _without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda d: {k: v for k, v in d.items() if k != key}


@pytest.mark.parametrize(("change", "message"), [
    (lambda d: [], r"has version None; this edgec reads 1"),
    (lambda d: {**d, "version": 9}, r"has version 9; this edgec reads 1"),
    (_without("seed"), r"seed is missing"),
    (lambda d: {**d, "seed": "1"}, r"seed is '1'; it must be of type int"),
    (lambda d: {**d, "seed": True}, r"seed is True; it must be of type int"),
    (lambda d: {**d, "seed": -1}, r"held_out, seed or threads is out of range"),
    (lambda d: {**d, "threads": 10 ** 9}, r"held_out, seed or threads is out of range"),
    (lambda d: {**d, "held_out": 1.0}, r"held_out, seed or threads is out of range"),
    (lambda d: {**d, "stages": []}, r"stages is empty; there is nothing to replay"),
    (lambda d: {**d, "stages": [3]}, r"stages: 3 must be an object"),
    (lambda d: {**d, "result": {"sha256": 1}}, r"result: sha256 is 1; it must be of type str"),
    (lambda d: {**d, "tools": {"numpy": 2}}, r"must hold texts alone"),
    (lambda d: {**d, "recipe": "a = ["}, r"the recipe in the lock .* is not TOML"),
])
def test_a_damaged_lock_is_refused(lock: Path, change: Callable[[dict[str, Any]], Any],
                                   message: str) -> None:
    lock.write_text(json.dumps(change(json.loads(lock.read_text()))))
    with pytest.raises(FormatError, match=message):
        replay(lock)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\x00"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock.json").write_text(text)
    with pytest.raises(FormatError, match=r"is not JSON"):
        read_lock(tmp_path / "lock.json")


def test_a_lock_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the lock .*: No such file"):
        read_lock(tmp_path / "lock.json")


def test_a_student_moves_with_its_recipe(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    path = write_recipe(tmp_path / "here", "[methods.distill]\nstudent = 'net.onnx'\nepochs = 0\n")
    opened, out = open_recipe(read_recipe(path)), tmp_path / "here" / "out"
    chain = run_chain(opened.model, [read_recipe(path).ordered()[0].step()],
                      Given(task=opened.task.without_test()), out)
    lock = make_lock(path, out, opened, chain, seed=0)
    write_lock(lock, out / "lock.json")
    assert lock.stages[0].options["student"] == "net.onnx"
    moved = (tmp_path / "here").rename(tmp_path / "there")
    assert replay(moved / "out" / "lock.json").verdict == SAME_BYTES
