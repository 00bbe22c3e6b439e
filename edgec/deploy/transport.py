"""The contract of a way to reach a board: run a command there, put a file, get a file.

A transport is a module of `edgec/deploy/transports/` whose `PLUGIN` takes a `Board` and returns
a `Transport`. Paths and commands are relative to the board user's home directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from edgec import registry
from edgec.deploy.boards import Board

# More output than this from one command is a fault of the board, not an answer.
MAX_OUTPUT_BYTES = 64 << 20
# Exit code of a command whose process was ended by a signal that we were not told.
ENDED_BY_SIGNAL = 128


@dataclass(frozen=True)
class Completed:
    """How a command ended: 0 is success, 128 and above that a signal ended it."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Stream(Protocol):
    """A command that runs on the board, with its input and output at hand.

    Methods raise as those of Transport do; DeployError, too, where neither side says anything for
    the time that `Transport.start` was given.
    """

    def send(self, data: bytes) -> None:
        """Writes all of it to the command's input."""

    def end_input(self) -> None:
        """The command sees the end of its input."""

    def receive(self) -> bytes:
        """What the command wrote next; nothing when it has ended or the connection is gone."""

    def close(self) -> None:
        """Ends the command, if it runs; a second call does nothing."""


class Transport(Protocol):
    """One connection to one board. Every call is bounded in time.

    Every method raises ConnectError when the connection is gone, and DeployError when the
    transfer failed or `timeout_s` passed; the board is then in whatever state it reached.
    """

    where: str
    """The board in words, for messages: 'line3 (pi@192.168.1.20:22)'."""

    def run(self, command: Sequence[str], timeout_s: float, stdin: bytes = b"") -> Completed:
        """Runs `command` (words, not a shell line) to its end."""

    def start(self, command: Sequence[str], timeout_s: float) -> Stream:
        """Starts `command`; what it writes to its standard error is thrown away."""

    def put(self, local: Path, remote: str, timeout_s: float) -> None:
        """Copies the file `local` over `remote`, whose directory exists."""

    def get(self, remote: str, local: Path, timeout_s: float) -> None:
        """Copies the file `remote` over `local`."""

    def close(self) -> None:
        """Ends the connection; a second call does nothing."""

    def __enter__(self) -> Transport: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...


def open_transport(board: Board) -> Transport:
    """Connects to `board` by the transport that its entry names; ConnectError when it cannot."""
    transport: Transport = registry.load("edgec.deploy.transports", board.transport,
                                         "transport")(board)
    return transport
