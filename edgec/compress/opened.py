"""What a recipe names, loaded: the model, its task, its target."""

from __future__ import annotations

from dataclasses import dataclass

import onnx_ir as ir

from edgec.compress.recipe import Recipe
from edgec.errors import UsageError
from edgec.model.data import input_specs
from edgec.model.inspect import static_shape
from edgec.model.load import load_model
from edgec.model.passes.infer_shapes import is_static
from edgec.model.task import Task, check_outputs, load_task
from edgec.target.target import Target, load_target


@dataclass(frozen=True)
class Opened:
    """A recipe's model, task (with its test split) and target."""

    model: ir.Model
    task: Task
    target: Target | None


def open_recipe(recipe: Recipe) -> Opened:
    """Loads them. Errors are those of the loaders; UsageError when the recipe has no task,
    DataError when its labels do not fit the model's first output.
    """
    target = None if recipe.target is None else load_target(recipe.target)
    model = load_model(recipe.model)
    if not recipe.task:
        raise UsageError("the recipe has no [task]: nothing to judge a model by. Add one with "
                         "data = \"samples.npz\" or package.module:callable.")
    options = {name: value for name, value in recipe.task.items() if name != "data"}
    task = load_task(recipe.task["data"], input_specs(model), seed=recipe.seed, **options)
    output = model.graph.outputs[0]
    if is_static(output):
        check_outputs(task, (1, *static_shape(output)[1:]))
    return Opened(model, task, target)
