"""Verbs that make models small: compress, and profile, which tells it what layers cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgec import compression, profiling
from edgec.cli import show_compression
from edgec.cli.app import BoardName, BoardsFile, TargetName, app, err, out, say


@app.command()
def compress(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", show_default=False,
                                           help="A recipe, a TOML file.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", show_default=False,
                                         help="Where everything goes.")],
    order: Annotated[str | None, typer.Option(
        "--order", metavar="NAMES", help="Methods in another order than the recipe's: "
        "prune,quantize.")] = None,
    trials: Annotated[int | None, typer.Option(
        "--trials", min=1, help="Combinations of strengths to try; default: the recipe's.")] = None,
    costs: Annotated[Path | None, typer.Option(
        "--costs", metavar="FILE", help="Measured layer costs of the target, from `edgec profile`. "
        "Without them latencies are rough estimates, and called so.")] = None,
) -> None:
    """Compress a model by a recipe: methods in order, strengths searched, limits kept.

    A recipe says what, for which board, and within which limits:

      model = "net.onnx"                # or package.module:callable
      target = "raspberry_pi_4"         # `edgec targets`; without one no latency
      \\[task]
      data = "words.npz"                # train_x, train_y, also validation_, test_
      \\[limits]                         # of the result; each may be left out
      drop = 0.01                       # of the score on validation
      bytes = 60000                     # of the artifact
      latency_us = 500                  # on the target
      bit_ops_ratio = 60                # times fewer than the float model
      \\[search]
      trials = 20                       # goal = "bytes", "latency_us", "bit_ops", "score"
      \\[methods.prune]
      ratio = \\[0.3, 0.5, 0.7]          # a list or {low = 0.2, high = 0.8}: searched
      epochs = 4
      \\[methods.quantize]

    DIR gets result.onnx, result.json, and for a target bundle/. The test samples are looked at
    once, at the end. Interrupted, the same command goes on; more --trials go on too. When nothing
    meets the limits the nearest candidates are named and the exit code is 1.

    Example: edgec compress recipe.toml --costs pi4.json -o small/
    """
    choices = compression.Choices(tuple(order.split(",")) if order else (), trials, costs)
    try:
        document = compression.compress(recipe, output, choices, say)
    except KeyboardInterrupt:
        err.print(f"interrupted; nothing is lost. The same command goes on: edgec compress "
                  f"{recipe} -o {output}", markup=False, soft_wrap=True)
        raise
    show_compression.result(out, document)
    say(f"written: {output}/result.onnx, {output}/result.json"
        + (f", {output}/bundle" if document["target"] else ""))


@app.command()
def profile(
    spec: Annotated[str, typer.Argument(
        metavar="RECIPE|MODEL", show_default=False,
        help="A recipe: the layers that its search may try. A model: its layers.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", show_default=False,
                                         help="The table of costs; one that is there grows.")],
    target: TargetName = None, board: BoardName = None, boards: BoardsFile = None,
) -> None:
    """Measure what layers cost, here or on a board: a table for `edgec compress --costs`.

    Every layer is timed by the engine itself, at its shape, type, sparsity and layout of weights.
    Layers that the table has are not measured again, so an interrupted run goes on.

    Example: edgec profile recipe.toml --board line3 -o pi4.json
    """
    table = profiling.profile(spec, output, target=target, board=board, boards=boards,
                              progress=say)
    show_compression.table(out, table)
    say(f"table: {output}")
