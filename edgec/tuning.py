"""The verb tune: TVM's own kernels for a float32 model, measured into a folder. Experimental."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgec import pipeline
from edgec.atomic import write_file
from edgec.errors import UsageError
from edgec.lower import lower as lowering
from edgec.lower.backend import load_backend, require_supported
from edgec.lower.backends.tvm import TvmAlone
from edgec.lower.backends.tvm.tune import tune as tune_kernels
from edgec.model.load import load_model
from edgec.target.target import Target, load_target
from edgec.target.toolchain import host_triple

UNITS_S: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600}
SUBJECT = "target.json"  # what the folder is for


@dataclass(frozen=True)
class Measuring:
    """seconds: how long, start of the process included. server: HOST:PORT of a TVM RPC server on
    the board; empty: this machine."""

    seconds: float
    server: str = ""


def tune(spec: str, output: Path, target: str, how: Measuring,
         progress: pipeline.Progress = lambda line: None,
         shapes: pipeline.Shapes | None = None) -> None:
    """Measures schedules of the model's kernels into the folder `output`, or goes on there.

    UsageError for a folder of another target, or where the target is no machine like this one and
    no server is given; UnsupportedOps with an int8 model.
    """
    board = load_target(target)
    if "tvm" not in board.backends:
        raise UsageError(f"the target {board.name} has no backend 'tvm'. It has: "
                         f"{', '.join(board.backends)}.")
    if not how.server and board.triple != host_triple():
        raise UsageError(f"{board.name} is {board.triple}, and this machine is {host_triple()}: "
                         "measure on the board, --rpc HOST:PORT (`edgec tune --help` shows how).")
    backend = load_backend("tvm").configured({"kernels": "tvm"})
    assert isinstance(backend, TvmAlone)
    graph = lowering.lower_for(load_model(spec, shapes), backend, board)
    require_supported("tvm", backend, graph, board)
    _claim(output, board)
    tune_kernels(backend.request(graph, board), output, how.seconds, how.server, progress)


def _claim(folder: Path, target: Target) -> None:
    """Times of one machine say nothing of another: a folder is for one target."""
    path = folder / SUBJECT
    if path.is_file():
        try:
            known = json.loads(path.read_text())["target"]
        except (ValueError, LookupError, TypeError):
            raise UsageError(f"{path} is damaged. Delete {folder}, and tune again.") from None
        if known != target.name:
            raise UsageError(f"{folder} holds measurements for {known}, not for {target.name}. "
                             "Give another -o.")
    folder.mkdir(parents=True, exist_ok=True)
    write_file(path, json.dumps({"target": target.name}).encode())


def parse_duration(text: str, option: str = "--time-limit") -> float:
    """Seconds of 90s, 20m or 1h; UsageError for anything else."""
    found = re.fullmatch(r"(\d+)([smh])", text)
    if not found or int(found[1]) == 0:
        raise UsageError(f"{option} {text!r} is not a time; write 90s, 20m or 1h.")
    return float(int(found[1]) * UNITS_S[found[2]])


def parse_server(text: str | None) -> str:
    """HOST:PORT as it is, empty for none; UsageError for anything else."""
    if text is None:
        return ""
    found = re.fullmatch(r"[^\s:]+:(\d{1,5})", text)
    if not found or not 0 < int(found[1]) < 65536:
        raise UsageError(f"--rpc {text!r} is not HOST:PORT, e.g. 127.0.0.1:9090.")
    return text
