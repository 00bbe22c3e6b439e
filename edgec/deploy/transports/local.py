"""A directory of this machine as a board: the same commands, run by subprocess from there.

For trying things out, for tests, and for a device that deploys to itself.
"""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from edgec.deploy.boards import Board
from edgec.deploy.transport import Completed, Stream, Transport
from edgec.errors import ConnectError, DeployError

_CHUNK_BYTES = 1 << 20


class LocalTransport:
    """Runs commands in the board's `home`, with that directory as HOME."""

    def __init__(self, board: Board) -> None:
        if board.home is None:
            raise ConnectError(f"board {board.name}: the local transport needs a 'home' directory "
                               f"in {board.source}.")
        self._home = board.home.expanduser().absolute()
        self.where = f"{board.name} ({self._home})"
        try:
            self._home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConnectError(f"{self.where}: the directory cannot be made "
                               f"({error.strerror}).") from None

    def run(self, command: Sequence[str], timeout_s: float, stdin: bytes = b"") -> Completed:
        """Runs `command` in a process group of its own, which a timeout kills."""
        try:
            process = subprocess.Popen(
                list(command), cwd=self._home, env=_environment(self._home), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        except OSError as error:  # the exit codes that a shell gives: not there, not executable
            exit_code = 127 if shutil.which(command[0], mode=os.F_OK) is None else 126
            return Completed(exit_code, b"", f"{command[0]}: {error.strerror}\n".encode())
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_s)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise DeployError(f"{self.where}: no end after {timeout_s:g} s: "
                                  f"{shlex.join(command)[:200]}") from None
            raise
        code = process.returncode
        return Completed(code if code >= 0 else 128 - code, stdout, stderr)

    def start(self, command: Sequence[str], timeout_s: float) -> Stream:
        """Starts `command` in a process group of its own."""
        return _Process(command, self._home, self.where, timeout_s)

    def put(self, local: Path, remote: str, timeout_s: float) -> None:
        """Copies `local` to `remote`, which is taken from the board's home."""
        self._copy(local, self._home / remote, timeout_s)

    def get(self, remote: str, local: Path, timeout_s: float) -> None:
        """Copies `remote` to `local`."""
        self._copy(self._home / remote, local, timeout_s)

    def _copy(self, source: Path, sink: Path, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        try:
            with source.open("rb") as reader, sink.open("wb") as writer:
                while chunk := reader.read(_CHUNK_BYTES):
                    writer.write(chunk)
                    if time.monotonic() > deadline:
                        raise DeployError(f"{self.where}: copying {source} to {sink} took more "
                                          f"than {timeout_s:g} s")
        except OSError as error:
            raise DeployError(f"{self.where}: cannot copy {source} to {sink}: "
                              f"{error.strerror}") from None

    def close(self) -> None:
        """Nothing is open between calls."""

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "LC_ALL": "C"}


class _Process:
    """A command that was started."""

    def __init__(self, command: Sequence[str], home: Path, where: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._doing = f"{where}: running: {shlex.join(command)[:200]}"
        try:
            self._process = subprocess.Popen(
                list(command), cwd=home, env=_environment(home), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        except OSError as error:
            raise DeployError(f"{self._doing}: {error.strerror}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._in.fileno(), False)

    def send(self, data: bytes) -> None:
        """Writes as fast as the command reads."""
        unsent = memoryview(data)
        while unsent:
            if not select.select([], [self._in], [], self._timeout_s)[1]:
                raise DeployError(f"{self._doing}: it reads nothing for {self._timeout_s:g} s")
            try:
                unsent = unsent[os.write(self._in.fileno(), unsent):]
            except OSError as error:
                raise DeployError(f"{self._doing}: {error.strerror}") from None

    def end_input(self) -> None:
        """Closes the pipe."""
        self._in.close()

    def receive(self) -> bytes:
        """What is there, or comes."""
        if not select.select([self._out], [], [], self._timeout_s)[0]:
            raise DeployError(f"{self._doing}: it says nothing for {self._timeout_s:g} s")
        return os.read(self._out.fileno(), _CHUNK_BYTES)

    def close(self) -> None:
        """Kills the group."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._in.close()
        self._out.close()


PLUGIN = LocalTransport
