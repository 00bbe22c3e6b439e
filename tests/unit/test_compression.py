"""Recipes that cannot be followed: told before any training, and nothing is left behind."""

from pathlib import Path

import numpy as np
import pytest

from edgec.compression import Choices, compress, read_order
from edgec.errors import EdgecError, UsageError
from edgec.model.onnx_file import save_model
from edgec.profiling import profile
from tests.unit.compress.float_models import from_text

CASES = [  # data, limits and more, methods, message
    ("task", "", "[methods.prune]", "there is nothing to prune"),
    ("unlabelled", "", "[methods.prune]", "has no array train_y"),
    ("empty_class", "", "[methods.prune]", "train has no sample of class 1"),
    ("task", "", "[methods.prune]\nratio = 0.0", "ratio is 0.0; it must be above 0 and below 1"),
    ("task", "", "[methods.prune]\nratio = 1.0", "ratio is 1.0; it must be above 0 and below 1"),
    ("task", "", "[methods.prune]\nratio = {low = 0.9, high = 0.1}", "low must be below high"),
    ("task", "[limits]\nlatency_us = 5", "[methods.quantize]", "the recipe names no target"),
    ("task", "[limits]\nenergy_uj = 5", "[methods.quantize]", "energy_uj cannot be searched for"),
    ("task", "[limits]\nbytes = 0", "[methods.quantize]", "bytes is 0; it must be above 0"),
    ("task", "[search]\ntrails = 3", "[methods.quantize]", r"\[search\] has no key 'trails'"),
]


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with a model that has nothing to prune, and samples for it."""
    save_model(from_text("tiny (float[1,8] x) => (float[1,8] y) { y = Relu (x) }", {}),
               tmp_path / "m.onnx")
    labels = np.arange(16) % 4
    x = np.eye(8, dtype=np.float32)[labels]
    np.savez(tmp_path / "task.npz", train_x=x, train_y=labels, validation_x=x, validation_y=labels)
    np.savez(tmp_path / "unlabelled.npz", train_x=x)
    np.savez(tmp_path / "empty_class.npz", train_x=x, train_y=labels * 2)
    return tmp_path


def recipe(folder: Path, data: str, more: str = "", methods: str = "[methods.prune]",
           head: str = "") -> Path:
    path = folder / "recipe.toml"
    path.write_text(f'model = "m.onnx"\n{head}\n[task]\ndata = "{data}.npz"\n{more}\n'
                    f"{methods}\n")
    return path


@pytest.mark.parametrize(("data", "more", "methods", "message"), CASES,
                         ids=[message for *_, message in CASES])
def test_a_recipe_that_cannot_be_followed_says_why_and_leaves_nothing(
        workshop: Path, data: str, more: str, methods: str, message: str) -> None:
    path = recipe(workshop, data, more, methods)
    with pytest.raises(EdgecError, match=message):
        compress(path, workshop / "out")
    assert not (workshop / "out").exists()


def test_a_table_of_costs_without_a_target_is_refused(workshop: Path) -> None:
    with pytest.raises(UsageError, match="the recipe names no target"):
        compress(recipe(workshop, "task"), workshop / "out", Choices(costs=workshop / "c.json"))


def test_an_order_that_misses_methods_is_refused(workshop: Path) -> None:
    with pytest.raises(UsageError, match="the order is quantize"):
        compress(recipe(workshop, "task"), workshop / "out", Choices(order=("quantize",)))


def test_an_order_is_read_from_names_or_from_the_file_of_the_experiment(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"order": ["prune", "quantize"]}')
    assert read_order("prune, quantize") == read_order(str(tmp_path / "order.json"))


@pytest.mark.parametrize(("text", "message"), [("{}", "is no order.json"), ("", "is no order")])
def test_a_file_that_is_no_order_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "o.json").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_order(str(tmp_path / "o.json"))


def test_a_profile_for_another_kind_of_machine_asks_for_a_board(workshop: Path) -> None:
    with pytest.raises(UsageError, match="Name a board with --board"):
        profile(str(workshop / "m.onnx"), workshop / "c.json", target="qemu_arm64_virt")
    assert not (workshop / "c.json").exists()


def test_a_profile_needs_one_target(workshop: Path) -> None:
    path = recipe(workshop, "task", head='target = "raspberry_pi_4"')
    with pytest.raises(UsageError, match="the recipe: raspberry_pi_4"):
        profile(str(path), workshop / "c.json", target="generic_x86_64")
