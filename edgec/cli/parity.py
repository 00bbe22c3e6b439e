"""The verb parity, and the gate of deploy that is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from edgec import parity as agreement
from edgec import pipeline
from edgec.atomic import write_file
from edgec.cli import show_parity
from edgec.cli.app import BoardName, BoardsFile, Shapes, TargetName, app, out, say
from edgec.measure.parity.result import Bounds

BEYOND_BOUNDS = 2

Subject = Annotated[str, typer.Argument(
    metavar="MODEL_OR_BUNDLE", show_default=False,
    help="A model (.onnx or .tflite, quantized or not, or package.module:callable), or a "
    "bundle.")]
Data = Annotated[str | None, typer.Option(
    "--data", "-d", metavar="DATA", help="Inputs: .npz, .npy or package.module:callable. "
    "Default: the golden inputs, random numbers in the model's range.")]
Samples = Annotated[int, typer.Option("--samples", min=1, help="At most so many of DATA.")]
FloatModel = Annotated[str | None, typer.Option(
    "--float", metavar="MODEL", help="The float model that it was quantized from.")]
Origin = Annotated[str | None, typer.Option(
    "--model", "-m", metavar="MODEL",
    help="What the bundle was lowered from, if that is no longer where it was.")]
Backends = Annotated[list[str] | None, typer.Option(
    "--backend", help="Compare this backend, and only those named. Repeatable. Default: all that "
    "run on this machine.")]
MaxLsb = Annotated[int, typer.Option(
    "--max-lsb", min=0, help="What one int8 layer may add, in steps of its result.")]
MinSqnr = Annotated[float | None, typer.Option(
    "--min-sqnr-db", help="Least signal-to-noise ratio of each model output, of each runtime, "
    "against the first one. Default: not asked for.")]
JsonFile = Annotated[Path | None, typer.Option(
    "--json", metavar="FILE", help="Write everything: all layers of all pairs.")]


@app.command()
def parity(
    subject: Subject, data: Data = None, samples: Samples = 4, float_model: FloatModel = None,
    model: Origin = None, target: TargetName = None, backend: Backends = None,
    board: BoardName = None, boards: BoardsFile = None, max_lsb: MaxLsb = 1,
    min_sqnr_db: MinSqnr = None, json_path: JsonFile = None, shape: Shapes = None,
) -> None:
    """Run the same inputs through every runtime and show where they first part, and whose it is.

    The runtimes: the float model and the quantized one in ONNX Runtime (optimizations off), our
    numpy reference, and every backend: native engine, LiteRT, and others that are installed; of a
    .tflite model also the file itself in LiteRT. With --board also the native engine there; nothing
    stays on the board.

    A layer's own difference is what it makes of the very inputs it was given; what came to it from
    above is not counted. One int8 step (LSB) is the last bit. Float against int8 is shown, not
    judged, unless --min-sqnr-db is given.

    Exit code 2 when a layer or output is beyond the bounds: a gate for CI.

    Example: edgec parity q.onnx --float model.onnx --data photos.npz --max-lsb 1
    """
    options = agreement.ParityOptions(
        model, float_model, data, samples, target, tuple(backend or ()), board, boards,
        pipeline.parse_shapes(shape or []))
    found = agreement.parity(subject, options, Bounds(max_lsb, min_sqnr_db), say)
    show_parity.parity(out, found)
    if json_path is not None:
        write_file(json_path, (json.dumps(found.to_json(), indent=1) + "\n").encode())
        say(f"written: {json_path}")
    if found.violations:
        raise typer.Exit(BEYOND_BOUNDS)


def demand_parity(bundle: str) -> None:
    """Ends with exit code 2 unless a bundle's runtimes agree on this machine."""
    found = agreement.parity(bundle, progress=say)
    show_parity.parity(out, found)
    if found.violations:
        say("not deployed: the runtimes differ by more than the bounds")
        raise typer.Exit(BEYOND_BOUNDS)
