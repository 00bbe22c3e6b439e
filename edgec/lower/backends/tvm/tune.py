"""Starts the process that tunes, and ends it and all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from edgec.errors import LoweringError, MissingExtra
from edgec.lower.backends.tvm.compiler import send
from edgec.lower.backends.tvm.request import Request
from edgec.lower.backends.tvm.worker import environment, last_lines

TUNER = "edgec.lower.backends.tvm.tuner"
LOG = "tuner.log"
# What TVM's tuner and its RPC need beside it; they come with other extras of ours, too.
NEEDED = ("tvm", "tvm_ffi", "psutil", "cloudpickle", "tornado")
GRACE_S = 300  # a model is legalized first, and a candidate may be slow


def tune(request: Request, folder: Path, seconds: float, server: str = "",
         progress: Callable[[str], None] = lambda line: None) -> None:
    """Measures schedules for `seconds`; the database in `folder` is gone on with.

    server: HOST:PORT of TVM's RPC; empty: here. LoweringError with TVM's last lines when it fails.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtra(missing[0], "tvm", "edgec tune")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", TUNER, str(folder.resolve()), str(seconds), server],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            env=environment())
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, request)
            for line in process.stdout:
                progress(line.decode(errors="replace").rstrip())
            code = process.wait(GRACE_S)
        except BrokenPipeError:
            code = process.wait(GRACE_S)
        finally:
            _end(process)
    if code != 0:
        said = (folder / LOG).read_text(errors="replace")
        raise LoweringError(f"TVM's tuner failed (exit code {code}); what it measured is kept in "
                            f"{folder}. Its last lines:\n{last_lines(said)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process with its RPC server: they are one group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
