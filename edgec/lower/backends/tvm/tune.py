"""Starts the process that tunes, and ends it and all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edgec.errors import LoweringError
from edgec.lower.backends.tvm.compiler import send
from edgec.lower.backends.tvm.request import Request
from edgec.lower.backends.tvm.rpc import Server
from edgec.lower.backends.tvm.worker import environment, last_lines

TUNER = "edgec.lower.backends.tvm.tuner"
LOG = "tuner.log"
GRACE_S = 300  # a model is legalized first, and a candidate may be slow


def tune(request: Request, folder: Path, seconds: float, server: Server,
         progress: Callable[[str], None] = lambda line: None) -> None:
    """Measures schedules for `seconds`; the database in `folder` is gone on with.

    LoweringError with TVM's last lines when it fails; DeployError when the board is lost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", TUNER, str(folder.resolve()), str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            env=environment())
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, request)
            send(process.stdin, server.address)
            for line in process.stdout:
                progress(line.decode(errors="replace").rstrip())
            code = process.wait(GRACE_S)
        except BrokenPipeError:
            code = process.wait(GRACE_S)
        finally:
            _end(process)
    if server.relay.fault is not None:
        raise server.relay.fault
    if code != 0:
        said = (folder / LOG).read_text(errors="replace")
        raise LoweringError(f"TVM's tuner failed (exit code {code}); what it measured is kept in "
                            f"{folder}. Its last lines:\n{last_lines(said)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process with a linker that it may have started: they are one group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
