"""The verb tune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgec import pipeline, tuning
from edgec.cli.app import Model, Shapes, app, say

RequiredTarget = Annotated[str, typer.Option(
    "--target", "-t", metavar="TARGET", show_default=False,
    help="A board kind (`edgec targets`) or a .toml file.")]
Folder = Annotated[Path, typer.Option(
    "--output", "-o", metavar="DIR", show_default=False,
    help="The folder of measurements; one that is there is gone on with.")]
TimeLimit = Annotated[str, typer.Option("--time-limit", metavar="TIME", help="90s, 20m, 1h.")]
Rpc = Annotated[str | None, typer.Option(
    "--rpc", metavar="HOST:PORT", help="Measure there, on a TVM RPC server. Default: here.")]


@app.command()
def tune(model: Model, target: RequiredTarget, output: Folder, time_limit: TimeLimit = "20m",
         rpc: Rpc = None, shape: Shapes = None) -> None:
    """Experimental: tune TVM's own kernels for a float32 model, by measuring (MetaSchedule).

    Then: edgec lower MODEL --backend tvm --tvm-kernels tvm --tuning DIR. Kernels that no
    measurement made faster keep their default loops. Ctrl-C keeps what was measured, and the same
    command goes on.

    A board needs Python with edgec's versions of apache-tvm and apache-tvm-ffi. TVM's RPC lets
    everyone who reaches its port run anything there, so tunnel it through SSH:

      ssh -L 9090:127.0.0.1:9090 pi@BOARD TVM_NUM_THREADS=1 python3 -m tvm.exec.rpc_server
        --host 127.0.0.1 --port 9090 --key edgec

    Example: edgec tune model.onnx --target generic_x86_64 --time-limit 20m -o tuning/
    """
    how = tuning.Measuring(tuning.parse_duration(time_limit), tuning.parse_server(rpc))
    tuning.tune(model, output, target, how, say, pipeline.parse_shapes(shape or []))
    say(f"written: {output}; use it: edgec lower {model} --target {target} --backend tvm "
        f"--tvm-kernels tvm --tuning {output} -o BUNDLE")
