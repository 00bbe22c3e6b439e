"""Verbs on models: targets, inspect, quantize, lower, run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edgec import comparing, pipeline
from edgec.atomic import write_file
from edgec.cli import show
from edgec.cli.app import (
    BoardName,
    BoardsFile,
    BundlePath,
    Isa,
    Model,
    Shapes,
    TargetName,
    Threads,
    app,
    out,
    say,
    working,
)
from edgec.errors import UsageError
from edgec.lower.backend import COMPILE_TIMEOUT
from edgec.model.load import load_model
from edgec.target.target import Target, load_target, target_names
from edgec.tuning import parse_duration

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
CompileTimeout = Annotated[str | None, typer.Option(
    "--compile-timeout", metavar="TIME",
    help="How long another compiler may take: TVM with its linker, Vela; default 20m.")]
Kernels = Annotated[str | None, typer.Option(
    "--tvm-kernels", metavar="KERNELS",
    help="With --backend tvm: edgec, our kernels, the default; tvm, TVM's own, for float32 models, "
         "experimental.")]
Tuning = Annotated[Path | None, typer.Option(
    "--tuning", metavar="DIR", help="With --tvm-kernels tvm: a folder of `edgec tune`.")]
Sparse = Annotated[str | None, typer.Option(
    "--tflite-sparse", metavar="HOW",
    help="With --backend tflite: dense, the default; densify, a smaller file where weights have "
         "blocks of zeros, no faster, and with more RAM.")]


@app.command()
def targets(as_json: AsJson = False) -> None:
    """List the board kinds that edgec knows, from targets/*.toml."""
    known = [load_target(name) for name in target_names()]
    if as_json:
        out.print_json(json.dumps([asdict(t) for t in known]))
    else:
        out.print(show.targets(known))


@app.command()
def inspect(model: Model, target: TargetName = None, shape: Shapes = None,
            as_json: AsJson = False) -> None:
    """Show a model: ops, shapes, MACs, parameters, bytes; with --target, what would run where.

    Example: edgec inspect model.onnx --target raspberry_pi_5
    """
    with working("reading the model"):
        found = pipeline.inspect(model, target, pipeline.parse_shapes(shape or []))
    if as_json:
        out.print_json(json.dumps(found.to_json()))
    else:
        show.inspection(out, found)


@app.command()
def quantize(
    model: Model,
    calibration: Annotated[str, typer.Option(
        "--calibration", "-c", metavar="DATA", show_default=False,
        help="Typical inputs, some hundred: an .npz (one array per input), an .npy, or "
             "package.module:callable yielding batches.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", show_default=False,
                                         help="The quantized model, an .onnx file.")],
    target: TargetName = None,
    option: Annotated[list[str] | None, typer.Option(
        "--set", metavar="NAME=VALUE", help="An option of the method, e.g. calibration=minmax. "
        "`edgec quantize --options` lists them. Repeatable.")] = None,
    options: Annotated[bool, typer.Option(
        "--options", is_eager=True, callback=show.quantize_options,
        help="List the options of the method and exit.")] = False,
    report: Annotated[Path | None, typer.Option(
        "--report", metavar="FILE", help="Write the report per layer as JSON.")] = None,
    shape: Shapes = None,
) -> None:
    """Quantize a float model to int8 after training: ONNX with QuantizeLinear/DequantizeLinear.

    Any tool that reads QDQ ONNX can use the result; `edgec lower` compiles it.

    Example: edgec quantize model.onnx --calibration photos.npz -o q.onnx
    """
    with working("quantizing"):
        done = pipeline.quantize(model, calibration, output, target=target,
                                 options=pipeline.parse_options(option or []),
                                 shapes=pipeline.parse_shapes(shape or []))
    document = done.report.to_json()
    if report is not None:
        write_file(report, (json.dumps(document, indent=1) + "\n").encode())
    show.quantization(out, document)
    say(f"written: {output}" + (f", {report}" if report else ""))


@app.command()
def lower(
    model: Model,
    target: Annotated[str, typer.Option("--target", "-t", metavar="TARGET", show_default=False,
                                        help="A board kind (`edgec targets`) or a .toml file.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", show_default=False,
                                         help="The bundle directory to write.")],
    backend: Annotated[str | None, typer.Option(
        "--backend", help="native (.edgec for our engine), tflite, ethos_u, ...: those that the "
        "target names (`edgec targets`), its first by default; all: one bundle by each, "
        "DIR/<backend>; auto: the fastest, by measurement here or on --board.")] = None,
    board: BoardName = None, boards: BoardsFile = None,
    kernels: Kernels = None,
    tuning: Tuning = None,
    sparse: Sparse = None,
    compile_timeout: CompileTimeout = None,
    shape: Shapes = None,
    samples: Annotated[str | None, typer.Option(
        "--samples", metavar="DATA", show_default=False,
        help="Typical inputs. With early exits the self-test takes one that leaves at each.")
    ] = None,
) -> None:
    """Lower a model for one board: a bundle with artifact, manifest, golden vectors and report.

    MODEL may be quantized by edgec or by any tool that writes QDQ ONNX. What has no int8 form runs
    as float32 in the same engine; the table says which nodes, and why.

    Example: edgec lower q.onnx --target raspberry_pi_5 -o bundle/
    """
    if board is not None and backend != "auto":
        raise UsageError(f"--board is for --backend auto, which measures there; the backend is "
                         f"{backend!r}. Leave it out.")
    origin = pipeline.Origin(pipeline.sums_of(model), sys.argv[1:], samples,
                             options=_options(backend, {
                                 "--tvm-kernels": kernels, "--tuning": tuning,
                                 "--tflite-sparse": sparse,
                                 "--compile-timeout": compile_timeout}))
    shapes = pipeline.parse_shapes(shape or [])
    if backend == "all":
        _lower_all(model, output, load_target(target), origin, shapes)
    elif backend == "auto":
        _lower_fastest((model, output, load_target(target)), origin, shapes,
                       comparing.Place(board, boards))
    else:
        with working("lowering"):
            bundle, placements = pipeline.lower(model, output, target=target, backend=backend,
                                                shapes=shapes, origin=origin)
        show.placements(out, placements)
        show.bundle(out, bundle)


# The options of one backend alone: whose, and its name for it.
_OWN = {"--tvm-kernels": ("tvm", "kernels"), "--tuning": ("tvm", "tuning"),
        "--tflite-sparse": ("tflite", "sparse")}


def _options(backend: str | None, given: Mapping[str, str | Path | None]) -> dict[str, str]:
    """The options that were given; UsageError for one of another backend."""
    found = {}
    for word, value in given.items():
        if value is None:
            continue
        if word == "--compile-timeout":
            found[COMPILE_TIMEOUT] = str(parse_duration(str(value), word))
            continue
        owner, name = _OWN[word]
        if backend != owner:
            raise UsageError(f"{word} is for --backend {owner}; the backend is "
                             f"{backend or 'the first of the target'}. Add it, or leave {word} "
                             "out.")
        found[name] = str(value)
    return found


def _lower_all(model: str, output: Path, target: Target, origin: pipeline.Origin,
               shapes: pipeline.Shapes) -> None:
    with working("lowering"):
        made, refused = comparing.lower_all(load_model(model, shapes), output,
                                            name=pipeline.name_of(model), target=target,
                                            origin=origin)
    for bundle in made.values():
        show.bundle(out, bundle)
    _say_refused(refused)


def _lower_fastest(what: tuple[str, Path, Target], origin: pipeline.Origin,
                   shapes: pipeline.Shapes, place: comparing.Place) -> None:
    model, output, target = what
    with working("lowering and measuring"):
        bundle, placements, rows = comparing.lower_fastest(
            load_model(model, shapes), output, name=pipeline.name_of(model), target=target,
            origin=origin, place=place)
    show.placements(out, placements)
    show.compared(out, rows)
    show.bundle(out, bundle)
    assert bundle.chosen is not None
    _say_refused(bundle.chosen["refused"])


def _say_refused(refused: Mapping[str, str]) -> None:
    for backend, why in refused.items():
        say(f"not by {backend}: {why}")


@app.command()
def run(
    bundle: BundlePath,
    inputs: Annotated[list[Path], typer.Option(
        "--input", "-i", metavar="FILE.npy", show_default=False,
        help="One array per model input, in order. Repeatable.")],
    output: Annotated[list[Path], typer.Option(
        "--output", "-o", metavar="FILE.npy", show_default=False,
        help="Where the outputs go, in order. Repeatable.")],
    threads: Threads = 1, isa: Isa = None,
) -> None:
    """Run a bundle on this machine: .npy in, .npy out, through the C++ engine.

    An array with the model's shape gives one inference; one that is k times as long in its first
    dimension gives k, and outputs that are stacked in the same way.

    Example: edgec run bundle/ --input x.npy -o y.npy
    """
    with working("running"):
        results = pipeline.run_files(bundle, inputs, output, pipeline.Engine(threads, isa))
    for path, array in zip(output, results, strict=True):
        say(f"written: {path} {array.dtype}{list(array.shape)}")
