"""The verb parity: one model in every runtime, and where they part."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx_ir as ir

from edgec.deploy.boards import Board, load_board
from edgec.deploy.transport import open_transport
from edgec.errors import EdgecError, UsageError
from edgec.format.bundle import Bundle, Port, is_bundle, read_bundle
from edgec.lower.backend import backend_names, load_backend, require_machine
from edgec.lower.golden import golden
from edgec.lower.graph import Array, Graph
from edgec.lower.lower import lower, specialize
from edgec.measure.parity.comparison import (
    ONNX,
    QDQ,
    SOURCE,
    Comparison,
    Engine,
    OnnxRuntimes,
    Source,
)
from edgec.measure.parity.difference import between
from edgec.measure.parity.engine_values import EngineValues
from edgec.measure.parity.machines import Here, Machine, board_machine
from edgec.measure.parity.onnx_values import OnnxValues, is_quantized, node_of_value
from edgec.measure.parity.result import Bounds, Output, Parity
from edgec.measure.parity.source_values import SourceValues
from edgec.model.data import input_specs, load_batches
from edgec.model.load import load_model
from edgec.provenance import sha256_of
from edgec.target.target import Target, load_target, target_names
from edgec.target.toolchain import build_engine, host_triple

Progress = Callable[[str], None]
Samples = Sequence[Mapping[str, Array]]
GOLDEN = "golden outputs"
BOUNDS = Bounds()


@dataclass(frozen=True)
class ParityOptions:
    """What to compare, and how much.

    model: what a bundle was lowered from, when it is not where it was; float_model: what a
    quantized model was made from. data: DATA, else the golden inputs; samples: at most so many of
    it. backends: these and no other, else all that can run here. board: also the native engine on
    this board of the boards file.
    """

    model: str | None = None
    float_model: str | None = None
    data: str | None = None
    samples: int = 4
    target: str | None = None
    backends: tuple[str, ...] = ()
    board: str | None = None
    boards: Path | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def parity(subject: str, options: ParityOptions = ParityOptions(), bounds: Bounds = BOUNDS,
           progress: Progress = lambda line: None) -> Parity:
    """Compares all runtimes on a model (as `load_model` reads it) or a bundle.

    Of a bundle whose model is not to be had only the outputs are compared, with the golden ones.
    Raises what loading, lowering and running raise; a backend that cannot run here, and was not
    asked for by name, is skipped with its reason.
    """
    bundle = read_bundle(Path(subject)) if is_bundle(Path(subject)) else None
    spec = subject if bundle is None else options.model or _origin(bundle)
    if bundle is not None and spec is not None:
        _require_origin(bundle, spec)
    if spec is None:
        assert bundle is not None
        return _outputs_only(bundle, options, bounds)
    board = None if options.board is None else load_board(options.board, options.boards)
    target = load_target(_target_name(options, bundle, board))
    model = load_model(spec, options.shapes)
    graph = lower(model)
    samples = _samples(model, graph, bundle, options)
    with tempfile.TemporaryDirectory(prefix="edgec-parity-") as folder, \
            _engines(graph, target, board, options, Path(folder)) as (engines, skipped):
        source = None
        if Path(spec).suffix.lower() == ".tflite":
            try:
                source = _source(Path(spec), model, samples[0], Path(folder))
            except EdgecError as error:
                skipped[SOURCE] = str(error)
        comparison = Comparison(graph, _onnx(model, spec, options), engines, source)
        expected = []
        for number, inputs in enumerate(samples, 1):
            progress(f"sample {number} of {len(samples)}")
            expected.append(comparison.add(inputs))
    extra = []
    if bundle is not None:
        try:
            extra = _artifact(bundle, samples, expected, "reference")
        except UsageError as error:
            skipped[bundle.artifact] = str(error)
    return Parity(subject, target.name, len(samples), bounds, comparison.pairs(),
                  (*comparison.outputs(), *extra), skipped)


def _onnx(model: ir.Model, spec: str, options: ParityOptions) -> OnnxRuntimes:
    quantized = is_quantized(model)
    values = OnnxValues(model, spec)
    if options.float_model is None:
        return OnnxRuntimes(QDQ if quantized else ONNX, values)
    if not quantized:
        raise UsageError(f"{spec} is a float model itself. Leave out --float, or give the "
                         "quantized model.")
    original = load_model(options.float_model, options.shapes)
    if [str(s) for s in input_specs(original)] != [str(s) for s in input_specs(model)]:
        raise UsageError(f"{options.float_model} has the inputs "
                         f"{'; '.join(map(str, input_specs(original)))}, and {spec} has "
                         f"{'; '.join(map(str, input_specs(model)))}. Give the float model that it "
                         "was quantized from.")
    return OnnxRuntimes(QDQ, values, OnnxValues(original, options.float_model),
                        node_of_value(original))


def _source(path: Path, model: ir.Model, sample: Mapping[str, Array], folder: Path) -> Source:
    """The .tflite file itself in LiteRT, which may be missing, and may refuse it."""
    machine = Here(load_backend("tflite").host_programs().run)
    values = SourceValues(path, machine, folder / "source")
    values.run(sample)
    return Source(values, model)


@contextmanager
def _engines(graph: Graph, target: Target, board: Board | None, options: ParityOptions,
             folder: Path) -> Iterator[tuple[dict[str, Engine], dict[str, str]]]:
    """The backends that run here, then the board; and why others do not."""
    engines, skipped = {}, {}
    for name in options.backends or backend_names():
        try:
            require_machine(name, target.triple, load_backend(name).artifact)
            machine = Here(load_backend(name).host_programs().run)
            engines[name] = _engine(name, graph, target, machine, folder / name)
        except EdgecError as error:
            if name in options.backends:
                raise
            skipped[name] = str(error)
    if board is None:
        yield engines, skipped
        return
    with open_transport(board) as transport, \
            board_machine(transport, build_engine(target.triple).run) as there:
        name = f"native on {board.name}"
        engines[name] = _engine("native", graph, target, there, folder / "board")
        yield engines, skipped


def _engine(name: str, graph: Graph, target: Target, machine: Machine, folder: Path) -> Engine:
    backend = load_backend(name)
    special = specialize(graph, backend, target)
    return Engine(special, EngineValues(name, backend, special, target, folder), machine)


def _samples(model: ir.Model, graph: Graph, bundle: Bundle | None, options: ParityOptions
             ) -> Samples:
    if options.data is not None:
        return list(load_batches(options.data, input_specs(model), options.samples))
    if bundle is not None:
        return _runs(bundle.inputs, bundle.golden_inputs)
    return [dict(zip(graph.inputs, golden(graph)[0], strict=True))]


def _runs(ports: Sequence[Port], paths: Sequence[Path]) -> Samples:
    """Golden files, which may hold several runs one after the other, as one mapping for each."""
    arrays = [np.load(path, allow_pickle=False) for path in paths]
    cut = [array.reshape(-1, *port.shape) for port, array in zip(ports, arrays, strict=True)]
    return [dict(zip((p.name for p in ports), run, strict=True))
            for run in zip(*cut, strict=True)]


def _outputs_only(bundle: Bundle, options: ParityOptions, bounds: Bounds) -> Parity:
    """A bundle alone: its artifact's outputs for the golden inputs."""
    if options.data or options.float_model or options.backends or options.board:
        raise UsageError(f"the model that {bundle.path} was lowered from is not where it was, so "
                         "only its golden outputs can be compared. Name the model with --model, "
                         "or leave out --data, --float, --backend and --board.")
    samples = _runs(bundle.inputs, bundle.golden_inputs)
    expected = _runs(bundle.outputs, bundle.golden_outputs)
    return Parity(str(bundle.path), bundle.target, len(samples), bounds, (),
                  tuple(_artifact(bundle, samples, expected, GOLDEN)),
                  {"layers": "the model that the bundle was lowered from is not at hand; name it "
                             "with --model"})


def _artifact(bundle: Bundle, samples: Samples, expected: Samples, against: str) -> list[Output]:
    """The bundle's own file on this machine, its outputs held to the bundle's tolerance."""
    require_machine(bundle.backend, bundle.triple, str(bundle.artifact_path))
    machine = Here(load_backend(bundle.backend).host_programs().run)
    found: dict[str, Output] = {}
    for inputs, right in zip(samples, expected, strict=True):
        results = machine.run(bundle.artifact_path, [inputs[p.name] for p in bundle.inputs],
                              len(bundle.outputs))
        for port, got in zip(bundle.outputs, results, strict=True):
            difference = between(right[port.name], got)
            if port.name in found:
                difference += found[port.name].difference
            found[port.name] = Output(f"{bundle.artifact} of the bundle", against, port.name,
                                      difference, bundle.tolerance)
    return list(found.values())


def _origin(bundle: Bundle) -> str | None:
    """The file that the bundle was lowered from, if its command names it and it is the same still.
    """
    sums = set(bundle.lock["inputs"].values())
    words = (word for word in bundle.command if Path(word).is_file())
    return next((word for word in words if sha256_of(Path(word)) in sums), None)


def _require_origin(bundle: Bundle, spec: str) -> None:
    sums = bundle.lock["inputs"]
    if sums and Path(spec).is_file() and sha256_of(Path(spec)) not in sums.values():
        raise UsageError(f"{spec} is not what {bundle.path} was lowered from: its sha256 begins "
                         f"with {sha256_of(Path(spec))[:16]}, the bundle names "
                         f"{', '.join(f'{n} {s[:16]}' for n, s in sums.items())}. Lower it again, "
                         "or name the right file.")


def _target_name(options: ParityOptions, bundle: Bundle | None, board: Board | None) -> str:
    if options.target is not None:
        return options.target
    if board is not None:
        return board.target
    if bundle is not None:
        return bundle.target
    return next(name for name in target_names() if load_target(name).triple == host_triple())
