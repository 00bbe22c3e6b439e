"""Verbs that make models small: compress, and profile, which tells it what layers cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgec.cli import show_compression
from edgec.cli.app import BoardName, BoardsFile, TargetName, app, out, require_torch, say

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", show_default=False,
                                            help="A recipe, a TOML file.")]
Folder = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", show_default=False,
                                      help="Where everything goes.")]
Order = Annotated[str | None, typer.Option(
    "--order", metavar="NAMES|FILE", help="Methods in another order than the recipe's: "
    "prune,quantize, or the order.json of `edgec order`.")]
Trials = Annotated[int | None, typer.Option(
    "--trials", min=1, help="Combinations of strengths to try; default: the recipe's.")]
Costs = Annotated[Path | None, typer.Option(
    "--costs", metavar="FILE", help="Measured layer costs of the target, from `edgec profile`. "
    "Without them latencies are rough estimates, and called so.")]


@app.command()
def compress(recipe: RecipeFile, output: Folder, order: Order = None, trials: Trials = None,
             costs: Costs = None) -> None:
    """Compress a model by a recipe: methods in order, strengths searched, limits kept.

    A recipe is a TOML file; `edgec methods NAME` lists what may stand below \\[methods.NAME]:

      model = "net.onnx"               # or package.module:callable
      target = "raspberry_pi_4"        # `edgec targets`; without one no latency
      \\[task]
      data = "words.npz"               # train_x, train_y, test_x, ...
      augment = "ours:shifted"         # a function of yours; may be left out
      \\[limits]                         # of the result; each may be left out
      drop = 0.01                      # of the score on validation: one point
      bytes = 60000                    # of the artifact
      latency_us = 500                 # on the target
      bit_ops_ratio = 60               # times fewer than the float model
      \\[search]
      trials = 20                      # combinations of strengths to try
      goal = "bytes"                   # or latency_us, bit_ops, score
      \\[methods.prune]
      ratio = \\[0.3, 0.5, 0.7]          # or {low = 0.2, high = 0.8}: searched
      epochs = 4
      \\[methods.quantize]

    DIR gets result.onnx, result.json, report.html, lock.json (`edgec verify`), and for a target
    bundle/. The test samples are looked at once, at the end. Interrupted, the same command goes
    on; more --trials go on too. When nothing meets the limits the nearest candidates are named
    and the exit code is 1.

    Example: edgec compress recipe.toml --costs pi4.json -o small/
    """
    require_torch("edgec compress")
    from edgec import compression

    choices = compression.Choices(compression.read_order(order) if order else (), trials, costs)
    try:
        document = compression.compress(recipe, output, choices, say)
    except KeyboardInterrupt:
        say(f"what is finished is kept in {output}; the same command goes on from there")
        raise
    show_compression.result(out, document)
    say(f"written to {output}: result.onnx, result.json, report.html, lock.json"
        + (", bundle" if document["target"] else ""))


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
    require_torch("edgec profile")
    from edgec import profiling

    table = profiling.profile(spec, output, target=target, board=board, boards=boards,
                              progress=say)
    show_compression.table(out, table)
    say(f"table: {output}")
