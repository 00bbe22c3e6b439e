"""The verb tune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgec import pipeline, tuning
from edgec.cli.app import BoardName, BoardsFile, Model, Shapes, TargetName, app, say
from edgec.deploy.boards import load_board

Folder = Annotated[Path, typer.Option(
    "--output", "-o", metavar="DIR", show_default=False,
    help="The folder of measurements; one that is there is gone on with.")]
TimeLimit = Annotated[str, typer.Option("--time-limit", metavar="TIME", help="90s, 20m, 1h.")]


@app.command()
def tune(model: Model, output: Folder, target: TargetName = None, board: BoardName = None,
         boards: BoardsFile = None, time_limit: TimeLimit = "20m", shape: Shapes = None) -> None:
    """Experimental: tune TVM's own kernels for a float32 model, by measuring (MetaSchedule).

    Then: edgec lower MODEL --backend tvm --tvm-kernels tvm --tuning DIR. Kernels that no
    measurement made faster keep their default loops. Ctrl-C keeps what was measured, and the same
    command goes on.

    With --board measured there: a small server and TVM's runtime (7.4 MB) are brought over SSH for
    as long as it takes, and no port is opened. The board needs no Python and no compiler.

    Example: edgec tune model.onnx --board line3 --time-limit 20m -o tuning/
    """
    there = None if board is None else load_board(board, boards)
    how = tuning.Measuring(tuning.parse_duration(time_limit), there)
    subject = tuning.tune(model, output, target, how, say, pipeline.parse_shapes(shape or []))
    say(f"written: {output}; use it: edgec lower {model} --target {subject} --backend tvm "
        f"--tvm-kernels tvm --tuning {output} -o BUNDLE")
