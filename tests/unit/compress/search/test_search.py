"""The search: its order of trials, what ends one early, how it resumes, what it picks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import onnx_ir as ir
import pytest

from edgec.compress.cost import Cost, Latency, paper_cost
from edgec.compress.method import Given
from edgec.compress.recipe import Limits, MethodTable, Range
from edgec.compress.search.candidate import Candidate
from edgec.compress.search.limits import Break
from edgec.compress.search.options import SearchOptions
from edgec.compress.search.problem import Problem
from edgec.compress.search.search import Found, Search
from edgec.errors import FormatError, MethodError
from edgec.model.onnx_file import save_model
from tests.unit.compress import trained

PRUNE = MethodTable("prune", {"epochs": 1, "steps": 1, "criterion": "group_norm", "round_to": 4},
                    {"ratio": (0.2, 0.4, 0.6)})


@dataclass
class Told:
    """Progress that stops the world at a line that holds `stop`."""

    stop: str = ""
    lines: tuple[str, ...] = ()

    def __call__(self, line: str) -> None:
        self.lines = (*self.lines, line)
        if self.stop and self.stop in line:
            raise KeyboardInterrupt

    def of(self, word: str) -> list[str]:
        return [line for line in self.lines if word in line]


@pytest.fixture(scope="module")
def model() -> ir.Model:
    return trained.trained()


def problem(model: ir.Model, limits: Limits, told: Told, *tables: MethodTable) -> Problem:
    given = Given(task=trained.task(192, 96), seed=3, progress=told)
    return Problem(model, tables or (PRUNE,), given, limits, paper_cost)


def test_the_first_trial_has_the_middle_strengths_and_a_small_space_is_walked_through(
        model, tmp_path: Path) -> None:
    found = Search(problem(model, Limits(drop=1), Told()), SearchOptions(9), tmp_path).run()
    assert [c.strengths["prune"]["ratio"] for c in found.candidates] == [0.4, 0.2, 0.6]


def test_the_best_meets_the_limits_and_no_other_that_does_scores_higher(model, tmp_path) -> None:
    limits = Limits(bytes=int(0.85 * paper_cost(model).bytes))
    found = Search(problem(model, limits, Told()), SearchOptions(9), tmp_path).run()
    assert found.best is not None
    assert found.best.cost is not None
    assert found.best.cost.bytes <= limits.bytes  # type: ignore[operator]
    assert found.best.score == max(c.score for c in found.candidates if c.meets)


def test_strengths_that_cost_too_much_are_given_up_before_any_training(model, tmp_path) -> None:
    told = Told()
    limits = Limits(bytes=paper_cost(model).bytes // 20)
    found = Search(problem(model, limits, told), SearchOptions(9), tmp_path).run()
    assert not told.of("epoch")
    assert all("before training: bytes" in c.stopped for c in found.candidates)


def test_a_trial_whose_score_falls_too_far_is_given_up_behind_that_step(model, tmp_path) -> None:
    told = Told()
    tables = (replace(PRUNE, fixed={**PRUNE.fixed, "epochs": 0}, strengths={"ratio": (0.8,)}),
              MethodTable("quantize", {}))
    found = Search(problem(model, Limits(drop=0.01), told, *tables),
                   SearchOptions(9, recover=0.01), tmp_path).run()
    assert "given up behind prune" in found.candidates[0].stopped


def test_a_search_that_is_interrupted_goes_on_and_ends_as_if_it_was_not(model, tmp_path) -> None:
    table = replace(PRUNE, strengths={}, ranges={"ratio": Range(0.2, 0.7)})
    whole = Search(problem(model, Limits(drop=1), Told(), table), SearchOptions(3),
                   tmp_path / "a").run()
    with pytest.raises(KeyboardInterrupt):
        Search(problem(model, Limits(drop=1), Told("trial 2 of 3"), table), SearchOptions(3),
               tmp_path / "b").run()
    with pytest.raises(KeyboardInterrupt):
        Search(problem(model, Limits(drop=1), Told("epoch 1"), table), SearchOptions(3),
               tmp_path / "b").run()
    again = Search(problem(model, Limits(drop=1), Told(), table), SearchOptions(3),
                   tmp_path / "b").run()
    assert [(c.strengths, c.score, c.cost) for c in again.candidates] == [
        (c.strengths, c.score, c.cost) for c in whole.candidates]


def test_a_finished_search_is_found_and_trains_nothing(model, tmp_path) -> None:
    Search(problem(model, Limits(drop=1), Told()), SearchOptions(9), tmp_path).run()
    told = Told()
    Search(problem(model, Limits(drop=1), told), SearchOptions(9), tmp_path).run()
    assert not told.lines


def test_a_step_that_makes_the_target_no_faster_is_left_out_before_it_trains(model,
                                                                            tmp_path) -> None:
    def price(model: ir.Model) -> Cost:  # a board on which width costs nothing
        return replace(paper_cost(model), latency=Latency(10.0, 1, 0, 0))

    told = Told()
    asked = replace(problem(model, Limits(drop=1, latency_us=20), told), price=price)
    found = Search(asked, SearchOptions(1), tmp_path).run()
    assert not told.of("epoch")
    assert found.candidates[0].refused[0].reason.startswith("it would not make the target faster: "
                                                            "10.0 µs before, 10.0 µs after")


def test_early_exits_are_judged_when_they_are_trained_not_before(model, tmp_path) -> None:
    """Untrained, nobody leaves by them, and their heads only cost."""
    def price(model: ir.Model) -> Cost:
        cost = paper_cost(model)
        return replace(cost, latency=Latency(cost.macs / 1e3, 1, 0, 0))

    limit = price(model).macs / 1e3 / 1.5
    exits = MethodTable("early_exit", {"epochs": 1, "at": [0.5], "max_drop": 1.0})
    asked = replace(problem(model, Limits(drop=1, latency_us=limit), Told(), exits), price=price)
    tried, = Search(asked, SearchOptions(1), tmp_path).run().candidates
    assert tried.refused == ()
    assert tried.stopped == ""
    assert tried.cost is not None
    assert tried.cost.latency_us < limit < tried.cost.worst_macs / 1e3  # type: ignore[operator]


def test_the_nearest_miss_is_the_one_with_the_least_excess(model, tmp_path) -> None:
    free = Search(problem(model, Limits(drop=1), Told()), SearchOptions(9), tmp_path).run()
    sizes = {c.strengths["prune"]["ratio"]: c.cost.bytes for c in free.candidates if c.cost}
    limits = Limits(bytes=int(0.99 * min(sizes.values())))
    found = Search(problem(model, limits, Told()), SearchOptions(9), tmp_path).run()
    assert found.best is None
    assert sizes[found.nearest()[0].strengths["prune"]["ratio"]] == min(sizes.values())


def test_where_all_were_given_up_the_nearest_is_the_one_with_the_least_excess() -> None:
    tried = (Candidate(0, {}, stopped="given up"),
             *(Candidate(number, {}, stopped="given up", breaks=(Break("drop", drop, 0.01),))
               for number, drop in ((1, 0.05), (2, 0.02))))
    found = Found(Cost(bit_ops=1, macs=1, parameters=1, bytes=1), 0.0, tried, None)
    assert [c.number for c in found.nearest()] == [2, 1, 0]


def test_what_the_first_method_cannot_do_at_all_is_told_at_once(model, tmp_path) -> None:
    table = MethodTable("prune", {"criterion": "group_norm", "exclude": ("nothing*",)})
    with pytest.raises(MethodError, match="no layer is called that"):
        Search(problem(model, Limits(), Told(), table), SearchOptions(3), tmp_path)


def test_an_order_that_cannot_be_is_refused_before_any_trial(model, tmp_path) -> None:
    tables = MethodTable("quantize", {}), MethodTable("prune", {"criterion": "group_norm"})
    with pytest.raises(MethodError, match=r"prune cannot come after quantize: prune does not take "
                                          r"quantized models, and quantize makes one"):
        Search(problem(model, Limits(), Told(), *tables), SearchOptions(3), tmp_path / "s")


def test_a_damaged_record_of_trials_is_named_and_how_to_go_on(model, tmp_path) -> None:
    (tmp_path / "search.journal").write_text("no JSON\nat all\n")
    search = Search(problem(model, Limits(drop=1), Told()), SearchOptions(1), tmp_path)
    with pytest.raises(FormatError, match=r"search\.journal is damaged: .* Remove it and search"):
        search.run()


def test_a_student_file_that_changes_begins_another_search(model, tmp_path) -> None:
    student, told = tmp_path / "student.onnx", Told()
    table = MethodTable("distill", {"epochs": 0, "student": str(student)})
    save_model(model, student)
    Search(problem(model, Limits(drop=1), told, table), SearchOptions(1), tmp_path / "s").run()
    name = model.graph.name
    try:
        model.graph.name = "another"
        save_model(model, student)
    finally:
        model.graph.name = name
    before = len(told.lines)
    Search(problem(model, Limits(drop=1), told, table), SearchOptions(1), tmp_path / "s").run()
    assert len(told.lines) > before


def test_every_trial_tells_its_strengths_its_verdict_and_how_long_yet(model, tmp_path) -> None:
    told = Told()
    Search(problem(model, Limits(bytes=paper_cost(model).bytes * 8 // 10), told),
           SearchOptions(9), tmp_path).run()
    assert told.of("trial 1 of 3") == ["trial 1 of 3: prune.ratio=0.4"]
    assert [("within" in line, "beyond" in line or "ruled out" in line) in
            ((True, False), (False, True)) for line in told.of("trial 1: ")] == [True]
    assert "left" in told.of("trial 2: ")[0]
    assert "left" not in told.of("trial 3: ")[0]
