"""Who takes part in `scripts/bench peers`: every runtime with every file it could use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestant import Contestant
from benchmarks.lowered import lowered
from benchmarks.networks import Network, float_model, int8_model
from edgec.errors import EdgecError

_WORKER = Path(__file__).with_name("peer_worker.py")
RUNTIMES = ("edgec", "ort", "openvino", "litert")
PRECISIONS = ("float", "int8")


@dataclass(frozen=True)
class Setup:
    """Where things are: models, programs, the processors to run on, files from elsewhere."""

    models: Path
    bench: Path
    python: Path
    target: str
    cpus: Sequence[int]
    threads: Sequence[int]
    amx: bool
    tflite: Path | None = None
    qdq: Path | None = None


@dataclass(frozen=True)
class _File:
    """A model in a runtime's format; `label` tells files of one runtime and precision apart."""

    runtime: str
    precision: str
    label: str
    path: Path


def field_of(network: Network, setup: Setup, runtimes: Sequence[str], precisions: Sequence[str],
             given: Path) -> tuple[list[Contestant], list[str]]:
    """The contestants for one network, and why some are not among them. `given`: the input."""
    contestants: list[Contestant] = []
    absent: list[str] = []
    for runtime in runtimes:
        for precision in precisions:
            try:
                files = list(_files(network, setup, runtime, precision))
            except EdgecError as error:
                absent.append(f"{network.name} {precision} {runtime}: {error}")
                continue
            for file in files:
                threads = setup.threads if runtime == "edgec" else [1]
                contestants += [_contestant(network, file, setup, n, given) for n in threads]
    return contestants, absent


def _files(network: Network, setup: Setup, runtime: str, precision: str) -> Iterator[_File]:
    """edgec and LiteRT get each quantization compiled, the others read the ONNX files."""
    models = [("", float_model(setup.models, network.name))]
    if precision == "int8":
        models = [("" if variant == network.name else variant, int8_model(setup.models, variant))
                  for variant in network.quantizations]
    for label, path in models:
        if runtime == "litert":
            yield _File(runtime, precision, label, lowered(path, setup.target, "tflite"))
        elif runtime == "edgec":
            yield _File(runtime, precision, label, lowered(path, setup.target))
        else:
            yield _File(runtime, precision, label, path)
    yield from _from_elsewhere(network, setup, runtime, precision)


def _from_elsewhere(network: Network, setup: Setup, runtime: str, precision: str
                    ) -> Iterator[_File]:
    """Files of other converters, where they are: see --tflite and --qdq."""
    if runtime == "litert" and setup.tflite is not None:
        kind = "float32" if precision == "float" else "full_integer_quant"
        name = f"{network.name}_{kind}.tflite"
        for path in (setup.tflite / name, setup.tflite / network.name / name):
            if path.is_file():
                yield _File(runtime, precision, "elsewhere", path)
    if runtime in ("ort", "openvino") and precision == "int8" and setup.qdq is not None:
        path = setup.qdq / f"{network.name}.int8.onnx"
        if path.is_file():
            yield _File(runtime, precision, "elsewhere", path)


def _contestant(network: Network, file: _File, setup: Setup, threads: int, given: Path
                ) -> Contestant:
    if file.runtime == "edgec":
        command = [str(setup.bench), str(file.path), "--serve", "--input", str(given),
                   "--threads", str(threads)]
    else:
        command = [str(setup.python), str(_WORKER), file.runtime, str(file.path), str(given),
                   str(threads)]
    labels = {"network": network.name, "precision": file.precision, "runtime": file.runtime,
              "file": file.label, "path": str(file.path), "threads": threads,
              "file_bytes": file.path.stat().st_size}
    return Contestant(labels, command, setup.cpus[:threads], setup.amx)
