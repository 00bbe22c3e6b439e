"""Ranges of strengths in a recipe."""

from pathlib import Path

import pytest

from edgec.compress.recipe import parse_recipe
from edgec.errors import UsageError


def parsed(**prune):
    return parse_recipe({"model": "m.onnx", "methods": {"prune": prune}}, Path(), "r.toml")


@pytest.mark.parametrize(("table", "middle"), [
    ({"low": 0.2, "high": 0.8}, 0.5), ({"low": 0.1, "high": 0.4, "log": True}, 0.2)])
def test_the_middle_of_a_range_is_half_way_on_its_scale(table, middle: float) -> None:
    assert parsed(ratio=table).methods[0].step().method.ratio == pytest.approx(middle)


def test_a_range_of_integers_gives_integers() -> None:
    assert parsed(steps={"low": 1, "high": 4}).methods[0].step().method.steps == 2


@pytest.mark.parametrize(("table", "message"), [
    ({"low": 0.8, "high": 0.2}, "low must be below high"),
    ({"low": 0.2}, "A range is {low = 0.3, high = 0.8}"),
    ({"low": 0.0, "high": 0.5, "log": True}, "above 0 with log"),
    ({"low": 0.1, "hi": 0.5}, "no key 'hi'"),
    ({"low": "a", "high": 0.5}, "it must be of type float"),
])
def test_a_range_that_is_none_is_refused(table, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsed(ratio=table)
