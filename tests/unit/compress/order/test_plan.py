"""What is run: both orders alike but for the order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from edgec.compress.order.plan import Planner, parse_compare
from edgec.compress.recipe import parse_recipe
from edgec.errors import UsageError

PRUNE: dict[str, Any] = {"ratio": [0.2, 0.4, 0.6], "epochs": 4.0}


def planner(**methods: dict[str, Any]) -> Planner:
    return Planner(parse_recipe({"model": "net.onnx", "methods": methods}, Path(), "recipe"))


def test_both_orders_have_the_same_steps_seeds_and_epochs() -> None:
    (duel,) = planner(prune=PRUNE, lowrank={"ratio": [0.1, 0.2, 0.3]}).pairs()
    for first, second in zip(*duel.runs, strict=True):
        for one, other in zip(first, second, strict=True):
            assert one.seed == other.seed
            assert Counter(one.steps) == Counter(other.steps)
            assert [s.name for s in one.steps] != [s.name for s in other.steps]


def test_a_method_that_does_not_train_is_followed_by_fine_tuning_as_long_as_the_others() -> None:
    (duel,) = planner(prune=PRUNE, lowrank={}).pairs()
    names = [[s.name for s in way[0][0].steps] for way in duel.runs]
    assert names == [["lowrank", "finetune", "prune"], ["prune", "lowrank", "finetune"]]
    assert duel.runs[0][0][0].epochs == 8.0


def test_nothing_is_trained_behind_a_method_that_quantizes() -> None:
    made = planner(prune=PRUNE, quantize={})
    run = made.duel(("prune", "quantize"), ("prune", "quantize")).runs[0][0][0]
    assert [s.name for s in run.steps] == ["prune", "quantize"]


def test_strengths_are_paired_level_by_level_and_short_lists_are_stretched() -> None:
    (duel,) = planner(prune=PRUNE, lowrank={"ratio": [0.1, 0.3]}).pairs()
    assert [(s["prune"]["ratio"], s["lowrank"]["ratio"]) for s in duel.strengths] == [
        (0.2, 0.1), (0.4, 0.1), (0.6, 0.3)]


def test_pairs_that_methods_fix_are_not_run() -> None:
    made = planner(prune=PRUNE, quantize={})
    assert made.pairs() == []
    assert [(e.first, e.second) for e in made.fixed()] == [("prune", "quantize")]


def test_two_passes_train_and_remove_as_much_as_one() -> None:
    duel = planner(prune=PRUNE, lowrank={}).repeat("prune")
    assert duel is not None
    (twice, *_), (once, *_) = (way[0] for way in duel.runs)
    ratios: list[float] = [s.method.ratio for s in twice.steps]  # type: ignore[attr-defined]
    assert (1 - ratios[0]) * (1 - ratios[1]) == pytest.approx(1 - 0.2)
    assert twice.epochs == once.epochs == 4.0


def test_fine_tuning_behind_two_passes_is_shared_by_them() -> None:
    duel = planner(prune=PRUNE, lowrank={}).repeat("lowrank")
    assert duel is not None
    assert duel.runs[0][0][0].epochs == duel.runs[1][0][0].epochs == 4.0


def test_runs_that_begin_alike_are_of_one_family_and_have_keys_of_their_own() -> None:
    made = planner(prune=PRUNE, lowrank={}, distill={})
    runs = [d.runs[0][0][0] for d in made.pairs()]
    distilled = [r for r in runs if r.steps[0].name == "distill"]
    assert len({r.family for r in distilled}) == 1
    assert len({r.key for r in runs}) == 3


def test_one_method_has_no_order() -> None:
    with pytest.raises(UsageError, match=r"the recipe has one method; an order needs two"):
        planner(prune=PRUNE)


def test_lists_of_several_lengths_are_refused() -> None:
    with pytest.raises(UsageError, match=r"\[methods.prune\]: ratio has 2 values, steps has 3 "
                                         r"values.*give lists of one length"):
        planner(prune={"ratio": [0.2, 0.4], "steps": [1, 2, 3]}, lowrank={})


@pytest.mark.parametrize(("table", "message"), [
    ({"seeds": 1}, r"seeds is 1; it must be 2 or more, or there is no interval"),
    ({"seeds": 2.5}, r"seeds is 2.5; it must be a number without fraction"),
    ({"seeds": True}, r"seeds is True; it must be a number"),
    ({"confidence": 1.0}, r"confidence is 1.0; it must be at least 0.5 and below 1"),
    ({"min_effect": float("nan")}, r"min_effect is nan; it must be 0 or more"),
    ({"learning_rate": 0}, r"learning_rate is 0; it must be above 0"),
    ({"cost_tolerance": -1}, r"cost_tolerance is -1; it must be 0 or more"),
    ({"see": 1}, r"\[compare\] has no option 'see'. There are: seeds, min_effect"),
])
def test_wrong_options_are_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_compare(table)
