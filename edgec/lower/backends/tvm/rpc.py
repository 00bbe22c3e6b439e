"""TVM's RPC on a board: our small server there, one process for each session, and its way here.

The server (cpp/tvm/edgec_tvm_rpc.cc) talks through the connection to the board. What TVM's client
connects to is a port of this machine's loopback; who does not know the key is not let in, as
whoever gets in runs what he likes on the board.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from edgec.deploy.boards import Board
from edgec.deploy.guest import ANSWER_S, guests
from edgec.deploy.relay import Relay
from edgec.deploy.transport import Stream, open_transport
from edgec.errors import DeployError
from edgec.lower.backends.tvm.runtime import runtime

SESSION_S = 60  # a candidate that takes longer loses
SILENCE_S = SESSION_S + 30.0
# The handshake (TVM's rpc_socket_impl.cc), the same both ways: magic, length of the key, key.
MAGIC = 0xFF271
GREETING = struct.Struct("<ii")
KEY_LIMIT = 1024


@dataclass(frozen=True)
class Address:
    """What TVM's client connects to."""

    host: str
    port: int
    key: str


@dataclass(frozen=True)
class Server:
    """relay.fault says whether the board was lost."""

    address: Address
    relay: Relay


@contextmanager
def serving(board: Board, triple: str) -> Iterator[Server]:
    """A server on the board; whatever ends the context, nothing of it stays there.

    DeployError and its kin: no connection, another machine, a C library that is too old.
    MissingExtra without TVM here, BuildError without a compiler for the board.
    """
    libraries = runtime(triple)
    files = (libraries.server, libraries.ours, *libraries.tvm)
    with open_transport(board) as transport, \
            guests(transport, board.root, files, triple) as folder:
        program = f"{folder}/{libraries.server.name}"
        done = transport.run((program, "--check"), ANSWER_S)
        if done.exit_code != 0:
            raise DeployError(f"{transport.where}: {libraries.server.name} does not start there: "
                              f"{done.stderr.decode(errors='replace').strip()[-400:]}")
        command = (program, folder, str(SESSION_S))
        with door(lambda: transport.start(command, SILENCE_S)) as server:
            yield server


@contextmanager
def door(start: Callable[[], Stream]) -> Iterator[Server]:
    """A port here for TVM's client; `start` starts a session's server."""
    key = secrets.token_hex(16)
    with Relay(start, lambda connection: _admitted(connection, key)) as relay:
        yield Server(Address("127.0.0.1", relay.port, key), relay)


def _admitted(connection: socket.socket, key: str) -> bool:
    """Answers the client's greeting, if it knows the key."""
    connection.settimeout(ANSWER_S)
    magic, length = GREETING.unpack(_exactly(connection, GREETING.size))
    if magic != MAGIC or not 0 <= length <= KEY_LIMIT:
        return False
    if not hmac.compare_digest(_exactly(connection, length), f"client:{key}".encode()):
        return False
    answer = b"server:edgec"
    connection.sendall(GREETING.pack(MAGIC, len(answer)) + answer)
    connection.settimeout(None)
    return True


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data
