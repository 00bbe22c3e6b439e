"""Every compression method keeps the contract of edgec.compress.method."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
import tomllib
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from edgec.compress import method
from edgec.errors import DataError, UsageError
from tests.unit.compress.float_models import cnn, images
from tests.unit.compress.training.tasks import image_task

NAMES = method.names()


def plugin(name: str) -> type[method.Method]:
    return method.load(name)


def toml(values: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())


def content(model: ir.Model) -> bytes:
    return ir.serde.serialize_model(model).SerializeToString(deterministic=True)


def test_methods_are_found() -> None:
    assert "quantize" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_module_says_what_it_does_and_names_its_paper_and_costs(name: str) -> None:
    text = inspect.getdoc(importlib.import_module(f"{method.PACKAGE}.{name}")) or ""
    assert text.splitlines()[0].endswith(".")
    assert re.search(r"arXiv \d{4}\.\d{4,5}", text)
    assert "Costs:" in text


@pytest.mark.parametrize("name", NAMES)
def test_method_is_a_frozen_dataclass_of_plain_values(name: str) -> None:
    cls = plugin(name)
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(isinstance(f.default, bool | int | float | str | tuple)
               for f in dataclasses.fields(cls))


@pytest.mark.parametrize("name", NAMES)
def test_options_survive_toml(name: str) -> None:
    cls = plugin(name)
    options = tomllib.loads(toml(dataclasses.asdict(cls())))
    assert cls.from_options(options) == cls()


@pytest.mark.parametrize("name", NAMES)
def test_unknown_option_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match=r"has no option 'no_such'\. There are: "):
        plugin(name).from_options({"no_such": 1})


@pytest.mark.parametrize("name", NAMES)
def test_option_of_a_wrong_type_is_refused(name: str) -> None:
    for field in dataclasses.fields(plugin(name)):
        with pytest.raises(UsageError, match=f"option {field.name} = .* is not of type"):
            plugin(name).from_options({field.name: {"a": 1}})


@pytest.mark.parametrize("name", NAMES)
def test_missing_data_is_refused(name: str) -> None:
    if not plugin(name).needs.data:
        pytest.skip(f"{name} needs no data")
    trains = any(field.name == "epochs" for field in dataclasses.fields(plugin(name)))
    untrained = plugin(name).from_options({"epochs": 0} if trains else {})
    with pytest.raises(DataError, match="needs data and got none"):
        method.run(untrained, cnn())


@pytest.mark.parametrize("name", NAMES)
def test_input_is_untouched_and_result_is_valid_and_deterministic(name: str) -> None:
    model, data = cnn(), images(8)
    before, seen = content(model), [x["x"].copy() for x in data]
    given = method.Given(data, task=image_task())
    first = method.run(plugin(name)(), model, given)
    second = method.run(plugin(name)(), model, given)
    assert content(model) == before
    assert all(np.array_equal(x["x"], y) for x, y in zip(data, seen, strict=True))
    assert content(first.model) == content(second.model)
    onnx.checker.check_model(ir.to_proto(first.model), full_check=True)
    assert json.dumps(first.report.to_json(), allow_nan=False) == json.dumps(
        second.report.to_json(), allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_means(name: str) -> None:
    silent = [f.name for f in dataclasses.fields(plugin(name)) if not f.metadata.get("help")]
    assert not silent


@pytest.mark.parametrize(("name", "option"), [
    (name, f.name) for name in NAMES for f in dataclasses.fields(plugin(name))
    if "* and ?" in f.metadata.get("help", "")])
def test_a_pattern_that_fits_no_layer_is_refused(name: str, option: str) -> None:
    chosen = plugin(name).from_options({option: ["*", "nobody"]})
    problems = list(chosen.check(cnn(), method.Given(images(1), task=image_task())))
    assert any(f"{option} has 'nobody', and no layer is called that" in p for p in problems)
    assert not any("has '*'" in p for p in problems)
