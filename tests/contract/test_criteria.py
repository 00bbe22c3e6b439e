"""Every pruning criterion keeps the contract of edgec.compress.criterion."""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress import criterion
from edgec.compress.channels.groups import find_groups
from edgec.compress.criterion import Unit
from edgec.compress.method import Given
from edgec.errors import EdgecError, MethodError
from tests.unit.compress.trained import Array, task, untrained

NAMES = criterion.names()
WEIGHTS = ("w0", "w1", "w3", "w4")


@cache
def given() -> Given:
    small = task(96, 12)
    return Given(data=tuple(small.train.runs()), task=small, seed=3)


@cache
def units() -> tuple[Unit, ...]:
    return tuple(u for group in find_groups(untrained()).groups for u in group.units)


def elements(name: str, model: ir.Model) -> dict[str, Array]:
    chosen = criterion.load(name)
    if not chosen.of_elements:
        pytest.skip(f"{name} scores units only")
    return dict(chosen.elements(model, WEIGHTS, given()))


def content(model: ir.Model) -> bytes:
    return ir.serde.serialize_model(model).SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", NAMES)
def test_module_says_what_it_does_and_names_its_paper_and_costs(name: str) -> None:
    text = inspect.getdoc(importlib.import_module(f"{criterion.PACKAGE}.{name}")) or ""
    assert text.splitlines()[0].endswith(".")
    assert re.search(r"arXiv \d{4}\.\d{4,5}", text)
    assert "Costs:" in text


@pytest.mark.parametrize("name", NAMES)
def test_units_get_one_finite_score_each_that_is_not_negative(name: str) -> None:
    scores = criterion.load(name).units(untrained(), units(), given())
    assert scores.dtype == np.float64
    assert scores.shape == (len(units()),)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_scores_tell_units_apart(name: str) -> None:
    model = untrained()
    for constant in ("n0g", "n1g", "n2g", "n3g"):  # or bn_gamma has nothing to tell apart
        value = model.graph.initializers[constant]
        assert value.const_value is not None
        spread = np.linspace(0.5, 2, value.const_value.size, dtype=np.float32)
        value.const_value = ir.tensor(spread, name=constant)
    assert len(np.unique(criterion.load(name).units(model, units(), given()))) > 10


@pytest.mark.parametrize("name", NAMES)
def test_elements_get_scores_of_their_initializers_shapes(name: str) -> None:
    model = untrained()
    scores = elements(name, model)
    for weight in WEIGHTS:
        tensor = model.graph.initializers[weight].const_value
        assert tensor is not None
        assert scores[weight].shape == tuple(tensor.shape.numpy())
        assert np.isfinite(scores[weight]).all()
        assert (scores[weight] >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_criterion_of_units_refuses_elements(name: str) -> None:
    chosen = criterion.load(name)
    if chosen.of_elements:
        pytest.skip(f"{name} scores elements too")
    with pytest.raises(MethodError, match="not single weights"):
        chosen.elements(untrained(), WEIGHTS, given())


@pytest.mark.parametrize("name", NAMES)
def test_equal_inputs_give_equal_scores_and_the_model_stays_as_it_was(name: str) -> None:
    model, chosen = untrained(), criterion.load(name)
    before = content(model)
    first, second = (chosen.units(model, units(), given()) for _ in range(2))
    assert np.array_equal(first, second)
    assert content(model) == before


@pytest.mark.parametrize("name", NAMES)
def test_what_is_needed_and_missing_is_said(name: str) -> None:
    chosen = criterion.load(name)
    if not (chosen.needs.data or chosen.needs.task):
        pytest.skip(f"{name} reads weights alone")
    with pytest.raises(EdgecError, match=f"{name} needs"):
        chosen.units(untrained(), units(), Given())
