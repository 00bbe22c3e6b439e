"""Recipes: what is read, and the message for everything that can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgec.compress.recipe import Limits, Recipe, read_recipe
from edgec.errors import UnknownName, UsageError

WHOLE = """
model = "net.onnx"
target = "raspberry_pi_4"
seed = 5
order = ["quantize", "prune"]

[task]
data = "words.npz"
metric = "top1"

[limits]
drop = 0.01
bytes = 60000

[methods.prune]
ratio = [0.3, 0.5, 0.7]
exclude = ["head*"]
epochs = 4

[methods.quantize]

[compare]
seeds = 4
"""


def read(folder: Path, text: str) -> Recipe:
    path = folder / "recipe.toml"
    path.write_text(text)
    return read_recipe(path)


def test_everything_in_a_recipe_is_read(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    (tmp_path / "words.npz").touch()
    recipe = read(tmp_path, WHOLE)
    assert recipe.model == str(tmp_path / "net.onnx")
    assert recipe.task == {"data": str(tmp_path / "words.npz"), "metric": "top1"}
    assert (recipe.target, recipe.seed) == ("raspberry_pi_4", 5)
    assert recipe.limits == Limits(drop=0.01, bytes=60000)
    assert recipe.compare == {"seeds": 4}
    prune, _ = recipe.methods
    assert prune.strengths == {"ratio": (0.3, 0.5, 0.7)}
    assert prune.fixed == {"exclude": ["head*"], "epochs": 4}


def test_a_step_takes_the_middle_strength_unless_another_is_chosen(tmp_path: Path) -> None:
    prune, _ = read(tmp_path, WHOLE).methods
    assert prune.step().method.ratio == 0.5  # type: ignore[attr-defined]
    assert prune.step({"ratio": 0.7}).method.ratio == 0.7  # type: ignore[attr-defined]


def test_methods_stand_in_the_given_order_the_recipes_or_the_published_one(
        tmp_path: Path) -> None:
    recipe = read(tmp_path, WHOLE)
    assert [t.name for t in recipe.ordered(["prune", "quantize"])] == ["prune", "quantize"]
    assert [t.name for t in recipe.ordered()] == ["quantize", "prune"]
    free = read(tmp_path, WHOLE.replace('order = ["quantize", "prune"]', ""))
    assert [t.name for t in free.ordered()] == ["prune", "quantize"]


def test_module_and_callable_stay_as_they_are(tmp_path: Path) -> None:
    recipe = read(tmp_path, WHOLE.replace("net.onnx", "nets.small:build"))
    assert recipe.model == "nets.small:build"


def test_a_target_file_lies_beside_the_recipe(tmp_path: Path) -> None:
    recipe = read(tmp_path, WHOLE.replace("raspberry_pi_4", "my_board.toml"))
    assert recipe.target == str(tmp_path / "my_board.toml")


@pytest.mark.parametrize(("old", "new", "message"), [
    ("seed = 5", "sede = 5", r"has no key 'sede'\. There are: model, target, seed, order"),
    ("seed = 5", 'seed = "5"', r"seed is '5'; it must be of type int"),
    ("seed = 5", "seed = true", r"seed is True; it must be of type int"),
    ("seed = 5", "seed = -1", r"seed is -1; it must be 0 or more"),
    ("seed = 5", "seed = ", r"is not TOML: "),
    ('model = "net.onnx"', "", r"'model' is missing\. A recipe needs a model and at least one"),
    ('["quantize", "prune"]', '["prune"]',
     r"order is prune and the methods are prune, quantize\. Name each of them once, or leave"),
    ('["quantize", "prune"]', '["prune", "prune"]', r"order is prune, prune and the methods are"),
    ('["quantize", "prune"]', '[1, "prune"]', r"order is 1, prune and the methods are"),
    ('data = "words.npz"', "", r"\[task\]: 'data' is missing: an \.npz or package"),
    ('metric = "top1"', "matric = 1", r"\[task\] has no key 'matric'\. There are: data, loss"),
    ("drop = 0.01", "drop = 0", r"\[limits\]: drop is 0; it must be above 0"),
    ("drop = 0.01", "drop = nan", r"\[limits\]: drop is nan; it must be above 0"),
    ("drop = 0.01", 'drop = "1%"', r"\[limits\]: drop is '1%'; it must be of type float"),
    ("epochs = 4", "epoch = 4", r"Prune has no option 'epoch'\. There are: "),
    ("epochs = 4", 'epochs = "4"', r"Prune: option epochs = '4' is not of type float"),
    ("[0.3, 0.5, 0.7]", '[0.3, "x"]', r"Prune: option ratio = 'x' is not of type float"),
    ("[0.3, 0.5, 0.7]", "[]", r"\[methods\.prune\]: ratio is an empty list; give values to try"),
    ("[methods.quantize]", "[methods]\nquantize = 8", r"is not TOML|must be a table"),
])
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WHOLE
    with pytest.raises(UsageError, match=message):
        read(tmp_path, WHOLE.replace(old, new))


def test_a_method_that_is_no_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"methods\.prune is 8; it must be a table"):
        read(tmp_path, 'model = "net.onnx"\n[methods]\nprune = 8\n')


def test_an_unknown_method_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no method named 'prun'; did you mean 'prune'\?"):
        read(tmp_path, WHOLE.replace("methods.prune", "methods.prun"))


def test_a_recipe_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the recipe .*: No such file"):
        read_recipe(tmp_path / "recipe.toml")
    (tmp_path / "recipe.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"is not TOML: "):
        read_recipe(tmp_path / "recipe.toml")


def test_a_student_is_looked_for_beside_the_recipe(tmp_path: Path) -> None:
    text = WHOLE.replace('order = ["quantize", "prune"]', "")
    many = '[methods.distill]\nstudent = ["small.onnx", "made.nets:tiny"]\n'
    table = read(tmp_path, text + many).ordered()[0]
    assert table.strengths["student"] == (str(tmp_path / "small.onnx"), "made.nets:tiny")
