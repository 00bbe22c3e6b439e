"""A port of the loopback whose connections talk to commands on a board."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from edgec.deploy.relay import Relay
from edgec.deploy.transport import Stream, Transport, open_transport
from edgec.errors import DeployError
from tests.unit.deploy.boards_here import KINDS, board_here


def through(relay: Relay, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", relay.port), 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


@pytest.mark.parametrize("kind", KINDS)
def test_each_connection_is_a_command_of_its_own(kind: str, tmp_path: Path) -> None:
    with board_here(kind, tmp_path) as board, open_transport(board) as transport, \
            Relay(lambda: transport.start(("sh", "-c", "echo $$; cat"), 10),
                  lambda connection: True) as relay:
        (first, word), (second, _) = (through(relay, b"word").split(b"\n") for _ in range(2))
    assert word == b"word"
    assert first != second


def test_who_is_not_admitted_starts_nothing(tmp_path: Path) -> None:
    started = []

    def start(transport: Transport) -> Stream:
        started.append(1)
        return transport.start(("cat",), 10)

    with board_here("local", tmp_path) as board, open_transport(board) as transport, \
            Relay(lambda: start(transport), lambda connection: False) as relay:
        assert through(relay, b"") == b""
    assert not started


def test_board_that_is_lost_is_kept_as_the_fault_and_nobody_listens_any_more() -> None:
    def lost() -> Stream:
        raise DeployError("the connection was lost")

    with Relay(lost, lambda connection: True) as relay:
        assert through(relay, b"") == b""
        assert str(relay.fault) == "the connection was lost"
        with pytest.raises(OSError, match="refused"):
            through(relay, b"")
