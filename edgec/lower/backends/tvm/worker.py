"""Starts the process that compiles, once, and asks it."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from edgec.errors import LoweringError, MissingExtra
from edgec.lower.backend import COMPILE_TIMEOUT_S
from edgec.lower.backends.tvm.compiler import receive, send
from edgec.lower.backends.tvm.request import Request

COMPILER = "edgec.lower.backends.tvm.compiler"
LAST_LINES = 12
PATIENCE_S = 10


def require_tvm(purpose: str) -> None:
    """MissingExtra where TVM is not installed; nothing of it is imported."""
    if find_spec("tvm") is None or find_spec("tvm_ffi") is None:
        raise MissingExtra("apache-tvm", "tvm", purpose)


def environment() -> dict[str, str]:
    """In which a process finds this package."""
    paths = [str(Path(__file__).resolve().parents[4]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


class Worker:
    """One process, started at the first request and after a crash."""

    def __init__(self, module: str = COMPILER) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def compile(self, request: Request, timeout_s: float = COMPILE_TIMEOUT_S) -> bytes:
        """The shared library; LoweringError with TVM's own words when it fails or crashes, and
        when it, or the linker that it starts, has not ended after `timeout_s`.
        """
        require_tvm("the backend 'tvm'")
        answer = self._answer(request, timeout_s)
        if isinstance(answer, bytes):
            return answer
        raise LoweringError(f"TVM cannot compile the model. Use the backend 'native', or report "
                            f"it. Its last lines:\n{last_lines(answer)}")

    def _answer(self, request: Request, timeout_s: float) -> bytes | str:
        process, said = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()
        timer = threading.Timer(timeout_s, _kill, [process, late])
        timer.start()
        try:
            send(process.stdin, request)
            answer: bytes | str = receive(process.stdout)
            return answer
        except (EOFError, BrokenPipeError):
            code = process.wait()
            lines = self._words(said)
            self.stop()
            if late.is_set():
                raise LoweringError(
                    f"TVM's compiler or its linker took more than {timeout_s:g} s and was ended. "
                    "Give it more time with --compile-timeout, or use the backend 'native'. "
                    f"{lines}") from None
            raise LoweringError(f"TVM crashed while it compiled the model (exit code {code}). "
                                f"Use the backend 'native', or report it. {lines}") from None
        except BaseException:  # Ctrl-C: an answer that comes late would be the next one's
            _kill(process)
            self.stop()
            raise
        finally:
            timer.cancel()

    def stop(self) -> None:
        """Ends the process, if it runs."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        try:
            self._process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            _kill(self._process)
            self._process.wait()
        self._process = None

    def _started(self) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        if self._process is None or self._said is None:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=self._said, start_new_session=True,
                env=environment())
            atexit.register(self.stop)
        return self._process, self._said

    @staticmethod
    def _words(said: IO[bytes]) -> str:
        said.seek(0)
        text = said.read().decode(errors="replace")
        return f"Its last lines:\n{last_lines(text)}" if text.strip() else "It said nothing."


def _kill(process: subprocess.Popen[bytes], told: threading.Event | None = None) -> None:
    """It and what it started, a linker: they are one group. `told` is set before."""
    if told is not None:
        told.set()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def last_lines(text: str) -> str:
    """What a user needs of a long complaint."""
    return "\n".join(text.rstrip().splitlines()[-LAST_LINES:])
