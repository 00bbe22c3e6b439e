"""Runs a case from its float model to the measured board and the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgec import pipeline
from edgec.atomic import write_file
from edgec.compress import method
from edgec.demo.case import Case, make
from edgec.demo.emulated import same_bytes_on_arm
from edgec.demo.recipe import write_recipe
from edgec.deploy import release
from edgec.deploy.boards import Board
from edgec.deploy.loopback import find_sshd, loopback_board
from edgec.format.bundle import Bundle
from edgec.lower.graph import Array
from edgec.measure.accuracy import Comparison, compare
from edgec.measure.bench import BenchOptions
from edgec.measure.results import write_result
from edgec.model.onnx_file import save_model
from edgec.model.onnxruntime import Runner
from edgec.target.target import load_target
from edgec.target.toolchain import build_engine, host_triple

Progress = Callable[[str], None]
HOST_TARGETS = {"x86_64": "generic_x86_64", "aarch64": "qemu_arm64_virt", "armv7": "raspberry_pi_2"}


@dataclass(frozen=True)
class Row:
    """One line of the demo's table; `document` is the whole measurement."""

    name: str
    comparison: Comparison
    document: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What the demo found, and where the files are."""

    case: str
    data: str
    where: str
    rows: tuple[Row, ...]
    arm: tuple[str, ...]
    report: Path


def run(name: str, folder: Path, progress: Progress = lambda line: None) -> Outcome:
    """The whole length: model, quantize, lower, deploy over SSH, measure, report."""
    case = make(name, progress)
    folder.mkdir(parents=True, exist_ok=True)
    bundles = _lowered(case, folder, progress)
    progress(f"judge: {case.data}, through the C++ engine")
    outputs = {kind: pipeline.run(bundle.path, [case.test])[0] for kind, bundle in bundles.items()}
    reference = _float_outputs(case)
    with _board(folder / "board", progress) as board:
        progress(f"deploy: {board.name} over {board.transport}")
        release.deploy(board, bundles["int8"].path, _programs())
        rows = []
        for kind, bundle in bundles.items():
            progress(f"bench: {kind} on {board.name}")
            comparison = compare(outputs[kind], reference, case.labels)
            document = pipeline.bench_board(bundle.path, board, options=BenchOptions(min_time_s=3),
                                            accuracy=comparison)
            write_result(document, folder / f"{kind}.json")
            rows.append(Row(kind, comparison, document))
        where = f"{board.user}@{board.host}:{board.port}" if board.host else str(board.home)
    pipeline.report([folder / f"{row.name}.json" for row in rows], folder / "report.html")
    arm = same_bytes_on_arm(bundles["int8"], case.test[:4], progress)
    return Outcome(case.name, case.data, where, tuple(rows), arm, folder / "report.html")


def _lowered(case: Case, folder: Path, progress: Progress) -> dict[str, Bundle]:
    """The float and the int8 bundle for this machine, beside all that went into them."""
    save_model(case.model, folder / "float.onnx")
    if case.task:
        write_recipe(folder / "recipe.toml", case.task, HOST_TARGETS[host_triple()])
    name = str(case.model.graph.inputs[0].name)
    np.savez(folder / "calibration.npz", **{name: case.calibration})  # type: ignore[arg-type]
    np.save(folder / "x.npy", case.test[:1])
    batches = [{name: x[None]} for x in case.calibration]
    progress(f"quantize: calibrate on {len(batches)} inputs")
    done = method.run(method.load("quantize")(), case.model, method.Given(batches))
    save_model(done.model, folder / "int8.onnx")
    write_file(folder / "quantize.json", json.dumps(done.report.to_json(), indent=1).encode())
    target = load_target(HOST_TARGETS[host_triple()])
    progress(f"lower: float and int8 for {target.name}")
    return {kind: pipeline.lower_model(model, folder / f"{case.name}-{kind}",
                                       name=f"{case.name}-{kind}", target=target)[0]
            for kind, model in (("float", case.model), ("int8", done.model))}


def _float_outputs(case: Case) -> Array:
    """The float model's outputs by ONNX Runtime, the judge, [n, classes]."""
    runner, name = Runner(case.model), str(case.model.graph.inputs[0].name)
    return np.concatenate([next(iter(runner.run({name: x[None]}).values())) for x in case.test])


def _programs() -> tuple[Path, ...]:
    build = build_engine(host_triple())
    return build.run, build.bench


@contextmanager
def _board(folder: Path, progress: Progress) -> Iterator[Board]:
    """A real sshd on loopback; without one, a folder stands for the board and it is said."""
    target = HOST_TARGETS[host_triple()]
    if find_sshd():
        with loopback_board(folder, target) as board:
            yield board
    else:
        progress("sshd is not installed (Debian: openssh-server): a folder stands for the board")
        yield Board("folder", "local", target, home=folder.absolute())
