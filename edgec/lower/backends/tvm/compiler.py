"""The process that compiles: TVM lives in it, so that a crash of TVM is an error of ours.

    python -m edgec.lower.backends.tvm.compiler

Requests come on the standard input, answers go to the standard output, each a length of eight
bytes and a pickle: the bytes of a shared library, or a sentence that says what was wrong. It ends
with its input. Whatever TVM prints goes to the standard error.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

LENGTH_BYTES = 8


def send(stream: IO[bytes], value: Any) -> None:
    """One message."""
    data = pickle.dumps(value)
    stream.write(len(data).to_bytes(LENGTH_BYTES, "little") + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """One message; EOFError when there is no whole one."""
    length = stream.read(LENGTH_BYTES)
    data = stream.read(int.from_bytes(length, "little"))
    if len(length) < LENGTH_BYTES or len(data) < int.from_bytes(length, "little"):
        raise EOFError
    return pickle.loads(data)


def serve() -> None:
    """Answers until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            request = receive(sys.stdin.buffer)
        except EOFError:
            return
        send(answers, _answer(request))


def _answer(request: Any) -> bytes | str:
    try:
        return _compiled(request)
    except Exception as error:  # TVM raises whatever; the process that asked tells the user
        return f"{type(error).__name__}: {error}"


def _compiled(request: Any) -> bytes:
    import tvm

    from edgec.lower.backends.tvm.program import build

    target = tvm.target.Target(dict(request.llvm))
    if request.alone:
        from edgec.lower.backends.tvm.kernels import compiled

        executable = compiled(build(request), target, _database(request.tuning))
    else:
        executable = tvm.compile(build(request), target=target)
    return _library(executable, request)


def _database(tuning: tuple[str, str] | None) -> Any:
    if tuning is None:
        return None
    from edgec.lower.backends.tvm.database import opened

    return opened(tuning)


def linker(request: Any, timeout_s: float | None = None) -> Callable[..., None]:
    """What TVM's export calls to link: the request's linker, which may take so long."""
    def link(output: str, objects: Sequence[str], **_: Any) -> None:
        done = subprocess.run([*request.link, output, *objects], capture_output=True, text=True,
                              check=False, timeout=timeout_s)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(request.link)}: {done.stderr.strip()}")

    # Without code of TVM's own it would write C, which compiles slowly, for the constants.
    link.get_target_triple = lambda: request.llvm["mtriple"]  # type: ignore[attr-defined]
    return link


def _library(executable: Any, request: Any) -> bytes:
    """The bytes of the shared library."""
    with tempfile.TemporaryDirectory(prefix="edgec-tvm-") as folder:
        made = Path(folder) / "model.so"
        executable.export_library(str(made), fcompile=linker(request))
        return made.read_bytes()


if __name__ == "__main__":
    serve()
