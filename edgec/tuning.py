"""The verb tune: TVM's own kernels for a float32 model, measured into a folder. Experimental."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgec import pipeline
from edgec.atomic import write_file
from edgec.deploy.boards import Board
from edgec.errors import UsageError
from edgec.lower import lower as lowering
from edgec.lower.backend import load_backend, require_supported
from edgec.lower.backends.tvm import TvmAlone
from edgec.lower.backends.tvm.rpc import serving
from edgec.lower.backends.tvm.tune import tune as tune_kernels
from edgec.lower.backends.tvm.worker import require_tvm
from edgec.model.load import load_model
from edgec.target.target import Target, load_target
from edgec.target.toolchain import host_triple

UNITS_S: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600}
SUBJECT = "target.json"  # what the folder is for


@dataclass(frozen=True)
class Measuring:
    """seconds: how long, start of the process included. board: of the boards file; None: here."""

    seconds: float
    board: Board | None = None


def tune(spec: str, output: Path, target: str | None, how: Measuring,
         progress: pipeline.Progress = lambda line: None,
         shapes: pipeline.Shapes | None = None) -> str:
    """Measures schedules of the model's kernels into the folder `output`, or goes on there; the
    target that they are for, as it was named.

    Without `target` for the board's. UsageError for a folder of another target, or where the
    target is no machine like this one and no board is given; UnsupportedOps with an int8 model;
    what is wrong with the board is a DeployError.
    """
    require_tvm("edgec tune")
    named = target or (how.board.target if how.board else "")
    board = _target(named, how)
    _check_folder(output, board)
    backend = load_backend("tvm").configured({"kernels": "tvm"})
    assert isinstance(backend, TvmAlone)
    graph = lowering.lower_for(load_model(spec, shapes), backend, board)
    require_supported("tvm", backend, graph, board)
    request = backend.request(graph, board)
    with tempfile.TemporaryDirectory(prefix="edgec-tune-") as home:
        here = Board("here", "local", board.name, home=Path(home))
        with serving(how.board or here, board.triple) as server:
            _claim(output, board)
            tune_kernels(request, output, how.seconds, server, progress)
    return named


def _target(named: str, how: Measuring) -> Target:
    """What is tuned for."""
    if not named:
        raise UsageError("tune needs --target, or --board whose target is taken.")
    target = load_target(named)
    if "tvm" not in target.backends:
        raise UsageError(f"the target {target.name} has no backend 'tvm'. It has: "
                         f"{', '.join(target.backends)}.")
    if how.board is None and target.triple != host_triple():
        raise UsageError(f"{target.name} is {target.triple}, and this machine is {host_triple()}: "
                         "measure on a board, with --board.")
    return target


def _check_folder(folder: Path, target: Target) -> None:
    """Times of one machine say nothing of another: a folder is for one target."""
    path = folder / SUBJECT
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give -o a folder.")
    if path.is_file():
        try:
            known = json.loads(path.read_text())["target"]
        except (ValueError, LookupError, TypeError):
            raise UsageError(f"{path} is damaged. Delete {folder}, and tune again.") from None
        if known != target.name:
            raise UsageError(f"{folder} holds measurements for {known}, not for {target.name}. "
                             "Give another -o.")


def _claim(folder: Path, target: Target) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / SUBJECT, json.dumps({"target": target.name}).encode())
    except OSError as error:
        raise UsageError(f"cannot write the folder {folder}: {error.strerror}. Make it writable, "
                         "or give another -o.") from None


def parse_duration(text: str, option: str = "--time-limit") -> float:
    """Seconds of 90s, 20m or 1h; UsageError for anything else."""
    found = re.fullmatch(r"(\d+)([smh])", text)
    if not found or int(found[1]) == 0:
        raise UsageError(f"{option} {text!r} is not a time; write 90s, 20m or 1h.")
    return float(int(found[1]) * UNITS_S[found[2]])
