"""The recipe that the demo leaves can be followed as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgec.compress.method import Given
from edgec.compress.opened import Opened, open_recipe
from edgec.compress.recipe import Recipe, read_recipe
from edgec.demo.cases import watch as case
from edgec.demo.recipe import write_recipe
from edgec.errors import DataError
from edgec.examples import watch
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model


@pytest.fixture
def followed(tmp_path: Path) -> tuple[Recipe, Opened]:
    """As the demo writes it, beside an untrained network, read and opened."""
    try:
        watch.load()
    except DataError as missing:
        pytest.skip(str(missing))
    save_model(load_model("edgec.examples.watch:model"), tmp_path / "float.onnx")
    write_recipe(tmp_path / "recipe.toml", f"{case.__name__}:{case.task.__name__}",
                 "generic_x86_64")
    recipe = read_recipe(tmp_path / "recipe.toml")
    return recipe, open_recipe(recipe)


def test_it_fits_the_model_and_judges_by_people_held_out(followed: tuple[Recipe, Opened]) -> None:
    task = followed[1].task
    assert task.test is not None
    assert task.classes == watch.CLASSES
    assert not task.unjudged


def test_its_methods_can_be_applied_to_the_model(followed: tuple[Recipe, Opened]) -> None:
    recipe, opened = followed
    given = Given(task=opened.task.without_test(), target=opened.target)
    steps = [table.step() for table in recipe.ordered()]
    assert [step.name for step in steps] == ["prune", "quantize"]
    assert not [problem for step in steps for problem in step.method.check(opened.model, given)]
