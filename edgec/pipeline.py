"""The one recipe, a function for every verb: load, compress, lower, run, deploy, report."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.atomic import write_file
from edgec.compress import method
from edgec.compress.method import Compressed
from edgec.deploy import release
from edgec.deploy.boards import Board, load_board
from edgec.deploy.execute import Report
from edgec.deploy.plan import Options
from edgec.deploy.transport import open_transport
from edgec.errors import DataError, EngineError, LoweringError, UsageError
from edgec.format.bundle import Bundle, BundleContents, Port, npy, read_bundle, write_bundle
from edgec.lower import lower as lowering
from edgec.lower.backend import (
    Backend,
    Compiled,
    Site,
    load_backend,
    require_machine,
    require_supported,
)
from edgec.lower.golden import golden
from edgec.lower.golden_exits import TYPICAL, answered, golden_exits, has_exits
from edgec.lower.graph import Array, Graph, Tensor
from edgec.lower.lower import Placement
from edgec.lower.plan import plan
from edgec.measure.accuracy import Comparison
from edgec.measure.bench import BenchOptions, Program
from edgec.measure.bundle import Wanted, measure_bundle
from edgec.measure.parity.machines import ended
from edgec.measure.report import render
from edgec.measure.results import read_result
from edgec.model.callable_spec import is_callable_spec
from edgec.model.data import input_specs, load_batches
from edgec.model.inspect import ModelSummary, inspect_model
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.provenance import sha256_of, tool_versions
from edgec.target.target import Target, load_target
from edgec.target.toolchain import host_triple

Progress = Callable[[str], None]
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Inspection:
    """A model, and with a target what would run where and what the activations need."""

    summary: ModelSummary
    target: str | None = None
    placements: tuple[Placement, ...] | None = None
    arena_bytes: int | None = None
    arena_bound_bytes: int | None = None
    problem: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def inspect(spec: str, target: str | None = None, shapes: Shapes | None = None) -> Inspection:
    """What a model is; with `target` also what its first backend would run where, and why so."""
    model = load_model(spec, shapes)
    summary = inspect_model(model)
    if target is None:
        return Inspection(summary)
    board = load_target(target)
    backend = load_backend(board.backends[0])
    try:
        graph = lowering.lower_for(model, backend, board)
    except LoweringError as error:
        return Inspection(summary, board.name, problem=str(error))
    planned = plan(graph)
    if not backend.plans_memory:
        made = backend.compile(graph, planned, board)
        return Inspection(summary, board.name, tuple(_placements(graph, backend, board, made)),
                          report=made.report)
    return Inspection(summary, board.name, tuple(_placements(graph, backend, board)),
                      planned.arena_bytes, planned.lower_bound_bytes)


def quantize(spec: str, calibration: str, output: Path, *, target: str | None = None,
             options: Mapping[str, Any] | None = None, shapes: Shapes | None = None
             ) -> Compressed:
    """Quantizes a float model to int8 with calibration data; writes QDQ ONNX to `output`."""
    board = load_target(target) if target else None
    chosen = method.load("quantize").from_options(options or {})
    model = load_model(spec, shapes)
    batches = load_batches(calibration, input_specs(model))
    done = method.run(chosen, model, method.Given(batches, target=board))
    save_model(done.model, output)
    return done


@dataclass(frozen=True)
class Origin:
    """What a bundle was made from: sha256 by name, and the command line.

    samples: typical inputs, [n, ...] by name or as for `quantize`; golden vectors for every early
    exit are looked for in them. options: of the backend, by name.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    samples: Mapping[str, Array] | str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def lower(spec: str, output: Path, *, target: str, backend: str | None = None,
          shapes: Shapes | None = None, origin: Origin = Origin()
          ) -> tuple[Bundle, list[Placement]]:
    """Lowers a float or QDQ model for a target; writes the bundle directory `output`.

    Without `backend` by the first one that the target names.
    """
    board = load_target(target)
    backend = backend or board.backends[0]
    load_backend(backend).configured(origin.options)  # what is wrong is told before the work
    if backend not in board.backends:
        raise UsageError(f"the target {board.name} has no backend {backend!r}. It has: "
                         f"{', '.join(board.backends)}.")
    return lower_model(load_model(spec, shapes), output, name=name_of(spec), target=board,
                       backend=backend, origin=replace(origin, inputs=sums_of(spec)))


def name_of(spec: str) -> str:
    """What a bundle of the model is called."""
    return spec.replace(":", ".") if is_callable_spec(spec) else Path(spec).stem


def sums_of(spec: str) -> dict[str, str]:
    """The sha256 of the model's file by its name, if it is a file."""
    path = Path(spec)
    return {path.name: sha256_of(path)} if path.is_file() else {}


def _samples(given: Mapping[str, Array] | str | None,
             model: ir.Model) -> Mapping[str, Array] | None:
    """Some typical inputs, stacked."""
    if not isinstance(given, str):
        return given
    batches = list(islice(load_batches(given, input_specs(model)), TYPICAL))
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def lower_model(model: ir.Model, output: Path, *, name: str, target: Target,
                backend: str = "native", origin: Origin = Origin()
                ) -> tuple[Bundle, list[Placement]]:
    """The same for a model in memory."""
    contents, placements = lowered(model, name, target, backend, origin)
    return write_bundle(output, contents), placements


def lowered(model: ir.Model, name: str, target: Target, backend: str, origin: Origin
            ) -> tuple[BundleContents, list[Placement]]:
    """What `lower_model` writes."""
    emitter = load_backend(backend).configured(origin.options)
    graph = lowering.lower_for(model, emitter, target)
    require_supported(backend, emitter, graph, target)
    planned = plan(graph)
    made = emitter.compile(graph, planned, target)
    placements = _placements(graph, emitter, target, made)
    report: dict[str, Any] = {"nodes": [asdict(p) for p in placements], **made.report}
    if emitter.plans_memory:
        report |= {"arena_bytes": planned.arena_bytes,
                   "arena_bound_bytes": planned.lower_bound_bytes}
    if has_exits(graph):
        exits = golden_exits(graph, emitter.exact, _samples(origin.samples, model))
        report |= {"exits_without_golden": list(exits.missing)}
        vectors, answers = (exits.inputs, exits.outputs, exits.tolerance), exits.answers
    else:
        vectors, answers = golden(graph, emitter.exact), None
    contents = BundleContents(
        name=name, backend=backend, target=target.name, triple=target.triple,
        artifact=emitter.artifact, artifact_bytes=made.artifact, files=made.files,
        inputs=_ports(graph, graph.inputs), outputs=_ports(graph, graph.outputs),
        golden_inputs=vectors[0], golden_outputs=vectors[1], tolerance=vectors[2],
        golden_answers=answers, exits=answered(model), lowering=report, lock_inputs=origin.inputs,
        lock_tools=tool_versions(), command=origin.command)
    return contents, placements


def _placements(graph: Graph, backend: Backend, target: Target, made: Compiled | None = None
                ) -> list[Placement]:
    """Where each node runs, and how the backend stores its weights."""
    found = []
    for node, placed in zip(graph.nodes, lowering.placement(graph), strict=True):
        runs, why = (made.placed if made else {}).get(node.name, (placed.runs, ""))
        weights = backend.weights(Site.of(node, graph.tensors), target)
        found.append(replace(placed, runs=runs, reason=why or placed.reason, weights=weights))
    return found


def _ports(graph: Graph, names: Sequence[str]) -> tuple[Port, ...]:
    return tuple(_port(graph.tensors[name]) for name in names)


def _port(tensor: Tensor) -> Port:
    known = tensor.quantization
    if known is None or known.axis is not None or tensor.dtype not in ("s8", "u8"):
        return Port(tensor.name, tensor.dtype, tensor.shape)
    return Port(tensor.name, tensor.dtype, tensor.shape, float(known.scale[0]),
                int(known.zero_point[0]))


@dataclass(frozen=True)
class Engine:
    """How to run here: threads, highest instruction set, and another program than the usual one."""

    threads: int = 1
    isa: str | None = None
    program: tuple[str, ...] = ()


def run(bundle: Path, inputs: Sequence[Array], engine: Engine = Engine()) -> list[Array]:
    """Runs a bundle on this machine; inputs in the bundle's order and dtype.

    Each input has the model's shape, or a multiple of it in the first dimension: then the model
    runs once for each, and the outputs are stacked in the same way.
    """
    found = read_bundle(bundle)
    with tempfile.TemporaryDirectory(prefix="edgec-run-") as folder:
        given = [Path(folder) / f"input_{i}.npy" for i in range(len(inputs))]
        for path, array in zip(given, inputs, strict=True):
            np.save(path, np.ascontiguousarray(array), allow_pickle=False)
        return _run_program(found, given, Path(folder), engine)


def run_files(bundle: Path, inputs: Sequence[Path], outputs: Sequence[Path],
              engine: Engine = Engine()) -> list[Array]:
    """The same for .npy files; each output file appears whole or not at all."""
    found = read_bundle(bundle)
    for what, ports, paths in (("input", found.inputs, inputs), ("output", found.outputs, outputs)):
        if len(ports) != len(paths):
            names = ", ".join(f"{p.name} {p.dtype}{list(p.shape)}" for p in ports)
            raise UsageError(f"{bundle} has {len(ports)} {what}(s), {names}; {len(paths)} given. "
                             f"Repeat --{what} in that order.")
    for path in inputs:
        if not path.is_file():
            raise DataError(f"The input file {path} does not exist. Give .npy files.")
    with tempfile.TemporaryDirectory(prefix="edgec-run-") as folder:
        arrays = _run_program(found, inputs, Path(folder), engine)
    for path, array in zip(outputs, arrays, strict=True):
        write_file(path, npy(array))
    return arrays


def _run_program(bundle: Bundle, inputs: Sequence[Path], folder: Path,
                 engine: Engine) -> list[Array]:
    made = [folder / f"output_{i}.npy" for i in range(len(bundle.outputs))]
    if not engine.program:
        require_machine(bundle.backend, bundle.triple, str(bundle.artifact_path))
    program = engine.program or load_backend(bundle.backend).host_programs().run
    words = [*program, str(bundle.artifact_path),
             *(w for p in inputs for w in ("--input", str(p))),
             *(w for p in made for w in ("--output", str(p))), "--threads", str(engine.threads),
             *(["--isa", engine.isa] if engine.isa else [])]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise EngineError(done.stderr.strip()
                          or ended(words[0], bundle.artifact_path, done.returncode))
    return [np.load(path, allow_pickle=False) for path in made]


def bench(bundle: Path, *, board: str | None = None, boards: Path | None = None,
          options: BenchOptions | None = None, accuracy: Comparison | None = None,
          progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measures a bundle here, or on a board of the boards file; the result document."""
    if board is None:
        return bench_here(bundle, options=options, accuracy=accuracy, progress=progress)
    return bench_board(bundle, load_board(board, boards), options=options, accuracy=accuracy,
                       progress=progress)


def bench_here(bundle: Path, *, options: BenchOptions | None = None,
               accuracy: Comparison | None = None,
               progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measures a bundle on this machine."""
    found = read_bundle(bundle)
    wanted = Wanted.of(found, options, accuracy, progress)
    programs = load_backend(found.backend).host_programs()
    if found.triple != host_triple():
        raise UsageError(f"{bundle} is for {found.triple} (target {found.target}) and this machine "
                         f"is {host_triple()}. Measure it on a board with --board, or lower for a "
                         f"target with triple {host_triple()}.")
    program = Program(programs.bench, str(found.artifact_path.absolute()),
                      tuple(str(p.absolute()) for p in found.golden_inputs), run=programs.run)
    with tempfile.TemporaryDirectory(prefix="edgec-bench-") as folder:
        here = Board("here", "local", found.target, home=Path(folder))
        with open_transport(here) as transport:
            return measure_bundle(wanted, here, transport, program)


def bench_board(bundle: Path, board: Board, *, options: BenchOptions | None = None,
                accuracy: Comparison | None = None,
                progress: Progress = lambda line: None) -> dict[str, Any]:
    """Brings a bundle to a board, beside what serves there, and measures it."""
    found = read_bundle(bundle)
    wanted = Wanted.of(found, options, accuracy, progress)
    files = load_backend(found.backend).device_files(found.triple)
    if not files:
        raise UsageError(f"{bundle} is a {found.backend} bundle, and edgec brings no program for "
                         "it to a board. Measure it here, without --board, or lower with "
                         "the backend native.")
    staged = release.stage(board, bundle, files, report=_told(progress))
    program = Program((f"{staged.path}/bin/edgec-bench",), f"{staged.path}/{found.artifact}",
                      tuple(f"{staged.path}/{p.relative_to(found.path)}"
                            for p in found.golden_inputs),
                      run=(f"{staged.path}/bin/edgec-run",))
    with open_transport(board) as transport:
        return measure_bundle(wanted, board, transport, program)


def deploy(bundle: Path, board: str, *, boards: Path | None = None, dry_run: bool = False,
           break_lock: bool = False, progress: Progress = lambda line: None
           ) -> release.Deployment:
    """Makes a bundle serve on a board of the boards file."""
    chosen = load_board(board, boards)
    found = read_bundle(bundle)
    files = load_backend(found.backend).device_files(found.triple)
    return release.deploy(chosen, bundle, files,
                          Options(break_lock=break_lock, dry_run=dry_run), _told(progress))


def rollback(board: str, *, to: str = "", boards: Path | None = None, break_lock: bool = False,
             progress: Progress = lambda line: None) -> release.Deployment:
    """Makes the previous release serve again, or the one named `to`."""
    return release.rollback(load_board(board, boards), to, Options(break_lock=break_lock),
                            _told(progress))


def status(board: str, *, boards: Path | None = None) -> release.Status:
    """What a board is and serves."""
    return release.status(load_board(board, boards))


def report(results: Sequence[Path], output: Path) -> None:
    """Writes the HTML report of result files."""
    write_file(output, render([read_result(path) for path in results]).encode())


def parse_shapes(words: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """NAME=1,3,224,224 as a mapping; UsageError for anything else."""
    shapes = {}
    for word in words:
        name, found, dims = word.partition("=")
        parts = dims.split(",")
        if not (found and name and all(p.isdigit() and int(p) > 0 for p in parts)):
            raise UsageError(f"--shape {word!r} is not NAME=DIMS, e.g. image=1,3,224,224.")
        shapes[name] = tuple(map(int, parts))
    return shapes


def parse_options(words: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE as a mapping of plain values; commas make a tuple, UsageError without '='."""
    options: dict[str, Any] = {}
    for word in words:
        name, found, text = word.partition("=")
        if not (found and name):
            raise UsageError(f"--set {word!r} is not NAME=VALUE, e.g. calibration=minmax.")
        options[name] = _plain(text)
    return options


def _plain(text: str) -> Any:
    try:
        return json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except ValueError:
        return text


def _told(progress: Progress) -> Report:
    """A deployment's progress as lines."""
    return lambda p: progress(f"[{p.index + 1}/{p.total}] {p.step.describe()}")
