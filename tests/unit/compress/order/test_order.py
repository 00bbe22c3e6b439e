"""The whole experiment on a small trained net: fine-tuning belongs behind a cut, not before it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from edgec.compress.lock import SAME_BYTES, read_lock, replay
from edgec.compress.order.order import estimate, find_order
from edgec.compress.order.perform import Bench, Result, open_bench
from edgec.compress.order.plan import Planner, Run
from edgec.compress.order.store import Store
from edgec.compress.order.workers import Here, Processes
from edgec.compress.order.write import write_order
from edgec.compress.recipe import Recipe, read_recipe
from edgec.errors import DataError, MethodError, UsageError
from tests.unit.compress.recipes import write_recipe


def unwatched(done: int, total: int, line: str) -> None:
    """Nobody looks."""


class Counting(Here):
    """Counts what is performed, and is killed after so many runs."""

    def __init__(self, most: int = 1000) -> None:
        self.performed, self.most = list[str](), most

    def results(self, bench: Bench, runs: Sequence[Run], folder: Path) -> Iterator[Result]:
        for result in super().results(bench, runs, folder):
            if len(self.performed) == self.most:
                raise KeyboardInterrupt
            self.performed.append(result.key)
            yield result


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recipe, and the experiment in `out`."""
    folder = tmp_path_factory.mktemp("order")
    recipe = write_recipe(folder)
    write_order(recipe, folder / "out", lambda r: Here(), unwatched, "body { color: red }")
    return folder


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    """The same in a folder of its own."""
    return Path(shutil.copytree(done, tmp_path / "copy"))


def recipe_of(folder: Path) -> Recipe:
    return read_recipe(folder / "recipe.toml")


def test_the_known_order_is_found_and_beats_its_reverse_on_test_samples(done: Path) -> None:
    found = json.loads((done / "out" / "order.json").read_text())
    assert found["order"] == ["prune", "finetune"]
    assert [(e["first"], e["second"], e["kind"]) for e in found["edges"]] == [
        ("prune", "finetune", "measured")]
    reverse = found["checks"][0]
    assert reverse["kind"] == "its reverse"
    assert reverse["verdict"]["winner"] == "first"
    assert reverse["verdict"]["test"]["mean"] > 0


def test_the_page_shows_order_evidence_and_style(done: Path) -> None:
    page = (done / "out" / "order.html").read_text()
    for part in ("<h1>Order of compression: prune → finetune</h1>", "body { color: red }",
                 "prune before finetune scores +", 'aria-label="order of methods: prune, then '
                 'finetune"', "prune in two gentler passes against one"):
        assert part in page
    assert "<script" not in page


def test_the_lock_replays_to_the_same_bytes(copy: Path) -> None:
    found = replay(copy / "out" / "lock.json")
    assert (found.verdict, found.why) == (SAME_BYTES, ())
    assert read_lock(copy / "out" / "lock.json").order == ("prune", "finetune")


def test_nothing_is_performed_again(copy: Path) -> None:
    workers = Counting()
    find_order(recipe_of(copy), copy / "out", workers, unwatched)
    assert workers.performed == []


def test_a_damaged_result_is_performed_again_and_only_it(copy: Path) -> None:
    damaged = sorted((copy / "out" / "runs").iterdir())[0]
    whole = json.loads(damaged.read_text())["result"]
    damaged.write_text('{"bench": "')
    workers = Counting()
    find_order(recipe_of(copy), copy / "out", workers, unwatched)
    again = json.loads(damaged.read_text())["result"]
    assert workers.performed == [damaged.stem]
    assert again["scores"] == whole["scores"]


def test_results_on_other_data_are_not_taken(copy: Path) -> None:
    recipe = recipe_of(copy)
    run = Planner(recipe).pairs()[0].all_runs()[0]
    assert Store(copy / "out", open_bench(recipe)).find(run) is not None
    write_recipe(copy, train=480)
    assert Store(copy / "out", open_bench(recipe_of(copy))).find(run) is None


def test_an_interrupted_experiment_goes_on_where_it_stopped(copy: Path) -> None:
    shutil.rmtree(copy / "out")
    recipe, first, second = recipe_of(copy), Counting(2), Counting(1)
    for workers in (first, second):
        with pytest.raises(KeyboardInterrupt):
            find_order(recipe, copy / "out", workers, unwatched)
    assert not set(first.performed) & set(second.performed)
    assert len(list((copy / "out" / "runs").iterdir())) == 3


def test_several_processes_give_the_results_of_one(copy: Path) -> None:
    recipe = recipe_of(copy)
    run = Planner(recipe).pairs()[0].all_runs()[0]
    bench = open_bench(recipe)
    kept = Store(copy / "out", bench).find(run)
    (found,) = Processes(recipe, 2).results(bench, [run], copy / "stages")
    assert kept is not None
    assert found.scores == kept.scores


def test_an_estimate_lists_the_runs_and_takes_its_time_from_one(copy: Path) -> None:
    shutil.rmtree(copy / "out")
    found = estimate(recipe_of(copy), copy / "out", unwatched)
    assert (len(found.pairs), found.checks) == (6, 15)
    assert found.seconds > 0
    assert len(list((copy / "out" / "runs").iterdir())) == 1


def test_the_judging_samples_are_kept_from_the_methods(done: Path) -> None:
    bench = open_bench(recipe_of(done))
    seen = {x.tobytes() for x in bench.task.validation.inputs["x"]}
    judges = {x.tobytes() for x in bench.judges.inputs["x"]}
    assert not seen & judges
    assert bench.task.test is None
    assert abs(len(seen) - len(judges)) <= 6  # of every class alike


def test_methods_that_can_be_applied_in_no_order_are_refused(tmp_path: Path) -> None:
    recipe = read_recipe(write_recipe(tmp_path, """
[compare]
seeds = 2
[methods.prune]
exclude = ["nothing*"]
epochs = 0
[methods.lowrank]
"""))
    with pytest.raises(MethodError, match=r"neither lowrank → prune nor prune → lowrank can be "
                                          r"done: (.|\n)*no layer is called that"):
        find_order(recipe, tmp_path / "out", Here(), unwatched)


def test_a_folder_that_cannot_be_made_is_told(done: Path) -> None:
    recipe = recipe_of(done)
    with pytest.raises(UsageError, match=r"cannot make the folder .*recipe\.toml"):
        find_order(recipe, done / "recipe.toml", Here(), unwatched)


def test_too_few_validation_samples_to_halve_are_told(tmp_path: Path) -> None:
    path = write_recipe(tmp_path)
    path.write_text(path.read_text().replace("images.npz", "less.npz"))
    with np.load(tmp_path / "images.npz") as stored:
        np.savez(tmp_path / "less.npz", train_x=stored["train_x"], train_y=stored["train_y"],
                 validation_x=stored["train_x"][:1], validation_y=stored["train_y"][:1])
    with pytest.raises(DataError, match=r"has 1 sample\(s\), so none can be held out"):
        find_order(read_recipe(path), tmp_path / "out", Here(), unwatched)
