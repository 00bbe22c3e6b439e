"""A board over SSH: real OpenSSH or Dropbear on the other side, paramiko on this one."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from edgec.deploy.boards import Board
from edgec.deploy.transport import (
    ENDED_BY_SIGNAL,
    MAX_OUTPUT_BYTES,
    Completed,
    Stream,
    Transport,
)
from edgec.deploy.transports._login import login
from edgec.errors import ConnectError, DeployError

if TYPE_CHECKING:
    import paramiko

_CHUNK_BYTES = 1 << 15


class SshTransport:
    """One SSH connection. Files go by SFTP, or through `cat` when the board has no SFTP server."""

    def __init__(self, board: Board) -> None:
        self.where = f"{board.name} ({board.user}@{board.host}:{board.port})"
        self._link = login(board, self.where)
        self._sftp: paramiko.SFTPClient | None = None
        self._has_sftp = True

    def run(self, command: Sequence[str], timeout_s: float, stdin: bytes = b"") -> Completed:
        """Runs `command` through the user's login shell, each word quoted."""
        line = shlex.join(command)
        with self._failures(f"running: {line[:200]}", timeout_s):
            channel = self._link.open_session(timeout=timeout_s)
            try:
                channel.settimeout(timeout_s)
                channel.exec_command(line)
                completed = _converse(channel, stdin, time.monotonic() + timeout_s)
            finally:
                channel.close()
            if completed.exit_code == ENDED_BY_SIGNAL and not self._is_alive():
                raise EOFError
            return completed

    def start(self, command: Sequence[str], timeout_s: float) -> Stream:
        """Starts `command` as `run` does, on a channel of its own."""
        line = shlex.join(("sh", "-c", 'exec "$@" 2>/dev/null', "start", *command))
        doing = f"running: {shlex.join(command)[:200]}"
        failures = partial(self._failures, doing, timeout_s)
        with failures():
            channel = self._link.open_session(timeout=timeout_s)
            channel.settimeout(timeout_s)
            channel.exec_command(line)
        return _Channel(channel, failures)

    def put(self, local: Path, remote: str, timeout_s: float) -> None:
        """Copies `local` to `remote`."""
        with self._failures(f"putting {local} to {remote}", timeout_s):
            sftp = self._open_sftp(timeout_s)
            if sftp is not None:
                with local.open("rb") as file:
                    sftp.putfo(file, remote, local.stat().st_size, _watch(timeout_s))
                return
            content = local.read_bytes()
        self._check(self.run(("sh", "-c", 'cat > "$1"', "put", remote), timeout_s, content),
                    f"putting {local} to {remote}")

    def get(self, remote: str, local: Path, timeout_s: float) -> None:
        """Copies `remote` to `local`."""
        with self._failures(f"getting {remote} to {local}", timeout_s):
            sftp = self._open_sftp(timeout_s)
            if sftp is not None:
                sftp.get(remote, str(local), _watch(timeout_s))
                return
        done = self.run(("cat", remote), timeout_s)
        self._check(done, f"getting {remote} to {local}")
        local.write_bytes(done.stdout)

    def close(self) -> None:
        """Ends the connection."""
        self._link.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _open_sftp(self, timeout_s: float) -> paramiko.SFTPClient | None:
        """The SFTP session, opened once; None when the board has no SFTP server."""
        import paramiko

        if self._sftp is None and self._has_sftp:
            channel = self._link.open_session(timeout=timeout_s)
            channel.settimeout(timeout_s)
            try:
                channel.invoke_subsystem("sftp")
                self._sftp = paramiko.SFTPClient(channel)
            except TimeoutError:
                channel.close()
                raise
            except (paramiko.SSHException, EOFError, OSError):  # OSError: it ended before our hello
                channel.close()
                if not self._is_alive():
                    raise
                self._has_sftp = False
        if self._sftp is not None and (open_channel := self._sftp.get_channel()) is not None:
            open_channel.settimeout(timeout_s)
        return self._sftp

    def _is_alive(self) -> bool:
        """Whether the connection is up; waits a moment, as channels end before the link does."""
        deadline = time.monotonic() + 0.5
        while self._link.is_active() and time.monotonic() < deadline:
            time.sleep(0.01)
        return bool(self._link.is_active())

    @contextmanager
    def _failures(self, doing: str, timeout_s: float) -> Iterator[None]:
        """Turns what paramiko and sockets raise into our two errors."""
        import paramiko

        try:
            yield
        except TimeoutError:
            self._sftp = None  # an answer that comes late would be taken for the next one's
            raise DeployError(f"{self.where}: no end after {timeout_s:g} s: {doing}") from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            if not self._is_alive():
                raise ConnectError(f"{self.where}: the connection was lost while "
                                   f"{doing}") from None
            raise DeployError(f"{self.where}: {doing}: {error or type(error).__name__}") from None

    def _check(self, done: Completed, doing: str) -> None:
        if done.exit_code != 0:
            reason = done.stderr.decode(errors="replace").strip()[-400:]
            raise DeployError(f"{self.where}: {doing}: {reason or f'exit {done.exit_code}'}")


class _Channel:
    """A command that was started; `failures` is what guards its calls."""

    def __init__(self, channel: paramiko.Channel,
                 failures: Callable[[], AbstractContextManager[None]]) -> None:
        self._channel, self._failures = channel, failures

    def send(self, data: bytes) -> None:
        """As fast as the window of the channel opens."""
        with self._failures():
            self._channel.sendall(data)

    def end_input(self) -> None:
        """Says the end."""
        with self._failures():
            self._channel.shutdown_write()

    def receive(self) -> bytes:
        """What is there, or comes."""
        with self._failures():
            return bytes(self._channel.recv(_CHUNK_BYTES))

    def close(self) -> None:
        """Closes the channel: sshd ends the command's input and takes no more of its output."""
        self._channel.close()


def _watch(timeout_s: float) -> Callable[[int, int], None]:
    """A progress callback that ends a transfer which takes longer than `timeout_s`."""
    deadline = time.monotonic() + timeout_s

    def check(_done: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError

    return check


def _converse(channel: paramiko.Channel, stdin: bytes, deadline: float) -> Completed:
    """Feeds `stdin` and collects both outputs until the command has ended."""
    outputs = (bytearray(), bytearray())
    unsent = memoryview(stdin)
    if not unsent:
        channel.shutdown_write()
    pause_s = 0.001
    while True:
        ended = channel.closed or (channel.exit_status_ready() and channel.eof_received)
        sent = _send_some(channel, unsent) if unsent and not ended else 0
        unsent = unsent[sent:]
        received = _receive(channel, outputs)
        if ended and not received:
            code = channel.exit_status
            return Completed(code if code >= 0 else ENDED_BY_SIGNAL,
                             bytes(outputs[0]), bytes(outputs[1]))
        if sum(map(len, outputs)) > MAX_OUTPUT_BYTES:
            raise OSError(f"more than {MAX_OUTPUT_BYTES} bytes of output")
        if time.monotonic() > deadline:
            raise TimeoutError
        pause_s = 0.001 if sent or received else min(pause_s * 2, 0.05)
        if not (sent or received):
            time.sleep(pause_s)


def _send_some(channel: paramiko.Channel, unsent: memoryview) -> int:
    """Sends what the window has room for; a command that reads no more gets no more."""
    if not channel.send_ready():
        return 0
    try:
        sent = channel.send(bytes(unsent[:_CHUNK_BYTES]))
    except TimeoutError:
        raise
    except OSError:
        return len(unsent)
    if sent == len(unsent):
        channel.shutdown_write()
    return sent


def _receive(channel: paramiko.Channel, outputs: tuple[bytearray, bytearray]) -> bool:
    received = False
    if channel.recv_ready():
        outputs[0].extend(channel.recv(_CHUNK_BYTES))
        received = True
    if channel.recv_stderr_ready():
        outputs[1].extend(channel.recv_stderr(_CHUNK_BYTES))
        received = True
    return received


PLUGIN = SshTransport
