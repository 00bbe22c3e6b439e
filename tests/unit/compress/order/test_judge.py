"""Verdicts on made-up results: cost, impossible orders, edges and what the documents say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from edgec.compress.order.document import published
from edgec.compress.order.drawing import graph
from edgec.compress.order.judge import DEARER, FIRST, SECOND, TIE, Verdict, judge
from edgec.compress.order.order import Cost, Found
from edgec.compress.order.perform import Result
from edgec.compress.order.plan import Compare, Duel, Planner
from edgec.compress.order.precedence import IMPOSSIBLE, Edge, sort
from edgec.compress.order.report import render
from edgec.compress.recipe import parse_recipe
from edgec.errors import MethodError

RECIPE = parse_recipe({"model": "net.onnx", "methods": {
    "prune": {"ratio": [0.2, 0.4]}, "lowrank": {}, "quantize": {}}}, Path(), "recipe")


def duel() -> Duel:
    (found,) = Planner(RECIPE).pairs()
    return found


def results(gain: float, *, macs: int = 1000, error: str = "",
            seed: int = 0) -> Mapping[str, Result]:
    """First scores `gain` more than second, of samples near 0.8; its models have `macs`."""
    rng, made = np.random.default_rng(seed), {}
    for index, way in enumerate(duel().runs):
        for run in (run for level in way for run in level):
            if error and not index:
                made[run.key] = Result(run.key, error=error)
                continue
            scores = rng.normal(0.8 + (0 if index else gain), 0.02, 50)
            made[run.key] = Result(run.key, tuple(scores.tolist()), (), 500,
                                   1000 if index else macs)
    return made


@pytest.mark.parametrize(("gain", "winner"), [(0.1, FIRST), (-0.1, SECOND), (0.0, TIE)])
def test_the_better_order_wins_and_equal_ones_tie(gain: float, winner: str) -> None:
    assert judge(duel(), results(gain), Compare()).winner == winner


def test_a_better_order_with_dearer_models_gives_no_edge() -> None:
    verdict = judge(duel(), results(0.1, macs=1200), Compare())
    assert (verdict.winner, verdict.edge()) == (DEARER, None)
    assert verdict.costs == pytest.approx((1.0, 1.2))


def test_a_better_order_with_cheaper_models_wins() -> None:
    assert judge(duel(), results(0.1, macs=800), Compare()).winner == FIRST


def test_the_edge_of_the_second_order_says_what_it_gains() -> None:
    edge = judge(duel(), results(-0.1), Compare()).edge()
    assert edge is not None
    assert (edge.first, edge.second) == ("prune", "lowrank")
    assert edge.reason.startswith("prune before lowrank scores +0.")


def test_an_order_that_cannot_be_done_gives_the_other_one_with_its_reason() -> None:
    edge = judge(duel(), results(0.0, error="no layer can be factored"), Compare()).edge()
    assert edge == Edge("prune", "lowrank", IMPOSSIBLE,
                        "lowrank before prune cannot be done: no layer can be factored")


def test_two_orders_that_cannot_be_done_are_an_error() -> None:
    nothing = {run.key: Result(run.key, error="too small") for run in duel().all_runs()}
    with pytest.raises(MethodError, match="neither lowrank → prune nor prune → lowrank can be "
                                          "done: too small"):
        judge(duel(), nothing, Compare())


def found(verdict: Verdict) -> Found:
    planner = Planner(RECIPE)
    edge = verdict.edge()
    edges = (*planner.fixed(), *([edge] if edge else []))
    return Found(sort(planner.names, edges), sort(planner.names, planner.fixed()).names, edges,
                 (verdict,), (), Cost(12, 0.5, 72), "00")


@pytest.mark.parametrize(("gain", "says"), [
    (0.1, "holds"), (-0.1, "the other way round"), (0.0, "tie")])
def test_the_published_order_is_held_against_what_was_measured(gain: float, says: str) -> None:
    rows = {(r["first"], r["second"]): r["here"]
            for r in published(found(judge(duel(), results(gain), Compare())))}
    assert rows["lowrank", "prune"] == says
    assert rows["prune", "quantize"].startswith("fixed, not measured: prune does not take")


def test_names_in_the_page_are_escaped() -> None:
    page = graph(["<b>"], [], [])
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_a_page_without_edges_says_that_all_are_ties() -> None:
    document = {"order": ["a", "b"], "edges": [], "dropped": [], "pairs": [], "checks": [],
                "published": [], "metric": "top1", "recipe_sha256": "", "bench_sha256": "",
                "cost": {"runs": 0, "hours": 0.0, "epochs": 0.0}, "seeds": [0, 1], "threads": 1,
                "judged_share_of_validation": 0.5, "recovery_epochs": 3.0, "tools": {},
                "compare": {"confidence": 0.95, "min_effect": 0.003, "cost_tolerance": 0.05}}
    assert "No pair is ordered: all are ties" in render(document, "")
