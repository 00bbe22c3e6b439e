"""The verb profile: measures the layers that a search or a model asks for, on a board or here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx_ir as ir

from edgec.compress.cost import Cost, paper_cost
from edgec.compress.method import Given
from edgec.compress.opened import open_recipe
from edgec.compress.recipe import Limits, Recipe, read_recipe
from edgec.compress.search.layout import lay_out
from edgec.compress.search.options import read_options
from edgec.compress.search.problem import Problem
from edgec.compress.search.space import Space
from edgec.deploy.boards import Board, load_board
from edgec.deploy.transport import Transport, open_transport
from edgec.errors import UsageError
from edgec.lower.backend import load_backend
from edgec.lower.lower import lower_for
from edgec.measure.costs import CostTable
from edgec.measure.profile import Layer, Profiler, layers_of
from edgec.model.load import load_model
from edgec.target.target import Target, load_target
from edgec.target.toolchain import host_triple

Progress = Callable[[str], None]


def profile(spec: str, output: Path, *, target: str | None = None, board: str | None = None,
            boards: Path | None = None, progress: Progress = lambda line: None) -> CostTable:
    """Measures the layers of a model, or of all that the search of a recipe (.toml) may try, on a
    board of the boards file, else here. Those that the table `output` has are not measured again.
    """
    recipe = read_recipe(Path(spec)) if spec.endswith(".toml") else None
    chosen = None if board is None else load_board(board, boards)
    kind = load_target(_target_name(target, recipe, chosen))
    if chosen is None and kind.triple != host_triple():
        raise UsageError(f"the target {kind.name} is {kind.triple} and this machine is "
                         f"{host_triple()}. Name a board with --board.")
    layers = (_layers(load_model(spec), kind) if recipe is None
              else layers_of_search(recipe, kind, progress))
    with _opened(chosen, kind) as (where, transport):
        return Profiler(transport, where, kind, output).measure(layers, progress)


def layers_of_search(recipe: Recipe, target: Target, progress: Progress) -> dict[str, Layer]:
    """The layers of every model that the search may lay out, without any training.

    All combinations of listed strengths; of a range five values, other strengths in the middle.
    """
    opened = open_recipe(recipe)
    found: dict[str, Layer] = {}

    def collect(model: ir.Model) -> Cost:
        found.update(_layers(model, target))
        return paper_cost(model)  # without a latency no step is refused

    given = Given(task=opened.task.without_test(), target=target, seed=recipe.seed)
    tables = recipe.ordered()
    problem = Problem(opened.model, tables, given, Limits(), collect)
    most = read_options(recipe.search, recipe.limits, target=True).trials
    grid = list(Space(tables).grid(most))
    for number, strengths in enumerate(grid, 1):
        progress(f"laying out {number} of {len(grid)}")
        lay_out(problem.model, problem.steps(strengths), given, collect, Limits())
    return found


def _layers(model: ir.Model, target: Target) -> dict[str, Layer]:
    backend = load_backend("native")
    return layers_of(lower_for(model, backend, target), backend, target)


def _target_name(target: str | None, recipe: Recipe | None, board: Board | None) -> str:
    """The one that all who name one agree on."""
    named = {"--target": target, "the recipe": recipe and recipe.target,
             "the board": board and board.target}
    wanted = {where: name for where, name in named.items() if name}
    if len(set(wanted.values())) != 1:
        listing = ", ".join(f"{where}: {name}" for where, name in wanted.items())
        raise UsageError("profile needs one target, and found "
                         f"{listing or 'none'}. Name it with --target, or --board.")
    return next(iter(wanted.values()))


@contextmanager
def _opened(board: Board | None, target: Target) -> Iterator[tuple[Board, Transport]]:
    with tempfile.TemporaryDirectory(prefix="edgec-profile-") as folder:
        where = board or Board("here", "local", target.name, home=Path(folder))
        with open_transport(where) as transport:
            yield where, transport
