"""What every transport promises, checked on each one that this machine can offer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from edgec import registry
from edgec.deploy.boards import Board
from edgec.deploy.loopback import SFTP
from edgec.deploy.transport import Stream, Transport, open_transport
from edgec.errors import DeployError
from tests.unit.deploy.boards_here import KINDS, board_here

# SSH twice: with an SFTP server, and with a board that has none.
VARIANTS = {"local": ("local", ()), "ssh": ("ssh", (SFTP,)), "ssh without sftp": ("ssh", ()),
            "ssh with broken sftp": ("ssh", ("Subsystem sftp /no/such/sftp-server",))}


@pytest.fixture(scope="module", params=VARIANTS)
def board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
          ) -> Iterator[Board]:
    kind, settings = VARIANTS[request.param]
    with board_here(kind, tmp_path_factory.mktemp("board"), settings) as made:
        yield made


@pytest.fixture(scope="module")
def transport(board: Board) -> Iterator[Transport]:
    with open_transport(board) as opened:
        yield opened


def test_every_transport_is_tested_here() -> None:
    assert set(registry.names("edgec.deploy.transports")) == set(KINDS)


def test_run_returns_exit_code_and_both_outputs(transport: Transport) -> None:
    done = transport.run(("sh", "-c", "echo out; echo err >&2; exit 3"), 10)
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"out\n", b"err\n")


@pytest.mark.parametrize("word", ["a b", "it's", '"', "$HOME", "`id`", "a\nb", "", "*", "é", "\\",
                                  "; exit 9", "-n"])
def test_run_passes_every_word_as_it_is(transport: Transport, word: str) -> None:
    done = transport.run(("printf", "[%s]", word), 10)
    assert done.stdout.decode() == f"[{word}]"


def test_run_feeds_a_large_stdin_and_returns_a_large_output(transport: Transport) -> None:
    data = os.urandom(3 << 20)
    assert transport.run(("cat",), 60, data).stdout == data


def test_run_of_a_command_that_does_not_read_its_stdin_ends(transport: Transport) -> None:
    assert transport.run(("true",), 30, bytes(4 << 20)).exit_code == 0


def test_run_without_stdin_shows_the_command_its_end(transport: Transport) -> None:
    assert transport.run(("cat",), 10) == transport.run(("true",), 10)


def test_run_of_a_missing_program_exits_127(transport: Transport) -> None:
    assert transport.run(("no-such-program",), 10).exit_code == 127


def test_run_ended_by_a_signal_exits_with_128_or_more(transport: Transport) -> None:
    assert transport.run(("sh", "-c", "kill -9 $$"), 10).exit_code >= 128


def test_run_that_takes_too_long_fails_after_its_timeout(transport: Transport) -> None:
    start = time.monotonic()
    with pytest.raises(DeployError, match=r"no end after 0\.5 s.*sleep 20"):
        transport.run(("sleep", "20"), 0.5)
    assert time.monotonic() - start < 10


def test_transport_works_after_a_timeout(transport: Transport) -> None:
    with pytest.raises(DeployError, match="no end"):
        transport.run(("sleep", "20"), 0.2)
    assert transport.run(("echo", "still here"), 10).stdout == b"still here\n"


def all_of(stream: Stream) -> bytes:
    return b"".join(iter(stream.receive, b""))


def test_started_command_answers_what_it_is_sent(transport: Transport) -> None:
    stream = transport.start(("cat",), 10)
    try:
        for word in (b"one\n", b"two\n"):
            stream.send(word)
            assert stream.receive() == word
        stream.end_input()
        assert stream.receive() == b""
    finally:
        stream.close()


def test_started_command_takes_more_than_a_pipe_holds(transport: Transport) -> None:
    data = os.urandom(1 << 20)
    stream = transport.start(("sh", "-c", "head -c 1048576 | sha256sum; echo err >&2"), 30)
    try:
        stream.send(data)
        assert all_of(stream).decode().startswith(sha256(data).hexdigest())
    finally:
        stream.close()


def test_started_command_that_stays_silent_fails_after_its_timeout(transport: Transport) -> None:
    stream = transport.start(("sleep", "20"), 0.3)
    try:
        with pytest.raises(DeployError, match="sleep 20"):
            stream.receive()
    finally:
        stream.close()


def test_closing_a_started_command_ends_it(transport: Transport) -> None:
    stream = transport.start(("sh", "-c", "echo $$; exec cat"), 10)
    process = Path(f"/proc/{stream.receive().decode().strip()}")
    assert process.exists()
    stream.close()
    stream.close()
    until = time.monotonic() + 10
    while process.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not process.exists()


@pytest.mark.parametrize("size", [0, 1, 100_000, 5_000_000])
def test_put_then_get_returns_the_same_bytes(
        transport: Transport, tmp_path: Path, size: int) -> None:
    (tmp_path / "sent").write_bytes(os.urandom(size))
    remote = str(tmp_path / "on board")
    transport.put(tmp_path / "sent", remote, 60)
    transport.get(remote, tmp_path / "back", 60)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "sent").read_bytes()


def test_put_over_a_longer_file_leaves_nothing_of_it(transport: Transport, tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(bytes(1000))
    (tmp_path / "new").write_bytes(b"new")
    transport.put(tmp_path / "new", str(tmp_path / "old"), 10)
    assert (tmp_path / "old").read_bytes() == b"new"


def test_put_into_a_missing_directory_fails_and_names_both_files(
        transport: Transport, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(DeployError, match=r"file.*/missing/file.*(No such file|nonexistent)"):
        transport.put(tmp_path / "file", str(tmp_path / "missing/file"), 10)


def test_get_of_a_missing_file_fails(transport: Transport, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="No such file"):
        transport.get(str(tmp_path / "missing"), tmp_path / "back", 10)


def test_relative_paths_of_commands_and_files_mean_the_same_place(
        transport: Transport, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    name = f"edgec-test-{os.getpid()}"
    transport.put(tmp_path / "file", name, 10)
    try:
        assert transport.run(("cat", name), 10).stdout == b"content"
    finally:
        transport.run(("rm", name), 10)


def test_where_names_the_board(transport: Transport, board: Board) -> None:
    assert transport.where.startswith(f"{board.name} (")


def test_close_twice_does_nothing(board: Board) -> None:
    transport = open_transport(board)
    transport.close()
    transport.close()
