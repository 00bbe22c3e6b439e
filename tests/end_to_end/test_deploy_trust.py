"""Whom we connect to, and as whom: host keys, user keys, dead ends. Against a real OpenSSH."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgec.deploy.boards import Board, load_board
from edgec.deploy.host_key import fingerprint, parse_pinned_key
from edgec.deploy.release import status
from edgec.deploy.transport import open_transport
from edgec.errors import ConnectError
from tests.unit.deploy.boards_here import board_here


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trust")


@pytest.fixture(scope="module")
def board(folder: Path) -> Iterator[Board]:
    with board_here("ssh", folder) as made:
        yield made


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path)], check=True)
    return path


def host_key_line(folder: Path) -> str:
    return " ".join((folder / "host_key.pub").read_text().split()[:2])


def test_pinned_public_key_is_accepted(board: Board) -> None:
    with open_transport(board) as transport:
        assert transport.run(("true",), 5).exit_code == 0


def test_pinned_fingerprint_is_accepted(board: Board, folder: Path) -> None:
    printed = subprocess.run(["ssh-keygen", "-lf", str(folder / "host_key.pub")], check=True,
                             capture_output=True, text=True).stdout.split()[1]
    with open_transport(replace(board, host_key=parse_pinned_key(printed))):
        pass


def test_key_in_known_hosts_is_accepted(board: Board, folder: Path, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{board.port} {host_key_line(folder)}\n")
    with open_transport(replace(board, host_key=None, known_hosts=known_hosts)):
        pass


def test_key_in_a_hashed_known_hosts_is_accepted(
        board: Board, folder: Path, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{board.port} {host_key_line(folder)}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known_hosts)], check=True,
                   capture_output=True)
    assert "127.0.0.1" not in known_hosts.read_text()
    with open_transport(replace(board, host_key=None, known_hosts=known_hosts)):
        pass


def test_unknown_host_key_is_refused_with_the_line_that_pins_it(
        board: Board, folder: Path, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    stranger = replace(board, host_key=None, known_hosts=known_hosts)
    with pytest.raises(ConnectError, match="host key is unknown") as caught:
        open_transport(stranger)
    message = str(caught.value)
    pinned = parse_pinned_key(host_key_line(folder))
    assert pinned is not None
    assert pinned.fingerprint in message
    assert f'host_key = "{host_key_line(folder)}"' in message
    assert "[board.loopback]" in message
    assert not known_hosts.exists(), "nothing is ever added by itself"


def test_line_of_the_message_pins_the_board_when_pasted(board: Board, tmp_path: Path) -> None:
    entry = (f'[board.b]\nhost = "127.0.0.1"\nport = {board.port}\nuser = "{board.user}"\n'
             f'key = "{board.key}"\ntarget = "{board.target}"\nknown_hosts = "none"\n')
    file = tmp_path / "boards.toml"
    file.write_text(entry)
    with pytest.raises(ConnectError) as caught:
        status(load_board("b", file))
    file.write_text(entry + str(caught.value).splitlines()[-1].strip() + "\n")
    assert status(load_board("b", file)).facts.user == board.user


@pytest.mark.parametrize("source", ["boards file", "known_hosts"])
def test_changed_host_key_is_refused_with_both_fingerprints(
        board: Board, folder: Path, tmp_path: Path, source: str) -> None:
    other = parse_pinned_key(make_key(tmp_path / "other").with_suffix(".pub").read_text())
    presented = parse_pinned_key(host_key_line(folder))
    assert other is not None
    assert presented is not None
    known_hosts = tmp_path / "known_hosts"
    line = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    known_hosts.write_text(f"[127.0.0.1]:{board.port} {line}\n")
    changed = replace(board, host_key=other if source == "boards file" else None,
                      known_hosts=known_hosts)
    with pytest.raises(ConnectError, match="host key has CHANGED") as caught:
        open_transport(changed)
    message = str(caught.value)
    assert f"presented ssh-ed25519 {presented.fingerprint}" in message
    assert f"expected ssh-ed25519 {other.fingerprint}" in message
    assert "installed anew" in message


def test_revoked_host_key_is_refused_though_it_is_pinned(
        board: Board, folder: Path, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"@revoked * {host_key_line(folder)}\n")
    with pytest.raises(ConnectError, match="@revoked"):
        open_transport(replace(board, known_hosts=known_hosts))


def test_host_key_of_another_type_than_the_best_is_asked_for(tmp_path: Path) -> None:
    """The board has two keys; the pinned one is not the one that would be chosen by itself."""
    make_key(tmp_path / "rsa_key", "rsa")
    with board_here("ssh", tmp_path / "b", (f"HostKey {tmp_path / 'rsa_key'}",)) as board:
        rsa = parse_pinned_key((tmp_path / "rsa_key.pub").read_text())
        with open_transport(replace(board, host_key=rsa)) as transport:
            assert transport.run(("true",), 10).exit_code == 0


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_user_key_of_every_type_is_accepted(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path / "user", kind)
    with board_here("ssh", tmp_path / "b") as board:
        (tmp_path / "b" / "user_key.pub").write_text(key.with_suffix(".pub").read_text())
        with open_transport(replace(board, key=key)) as transport:
            assert transport.run(("true",), 10).exit_code == 0


def test_wrong_user_key_is_refused_with_the_command_that_puts_it_there(
        board: Board, tmp_path: Path) -> None:
    key = make_key(tmp_path / "wrong")
    with pytest.raises(ConnectError, match=r"was refused with key .*wrong") as caught:
        open_transport(replace(board, key=key))
    assert f"ssh-copy-id -p {board.port}" in str(caught.value)


def test_encrypted_user_key_is_refused_and_points_to_the_agent(
        board: Board, tmp_path: Path) -> None:
    key = make_key(tmp_path / "locked", passphrase="secret")
    with pytest.raises(ConnectError, match=r"encrypted.*ssh-add"):
        open_transport(replace(board, key=key))


@pytest.mark.parametrize(("content", "reason"), [
    (None, "No such file"), ("not a key\n", "not an ed25519, ECDSA or RSA private key")])
def test_user_key_that_is_none_is_refused(
        board: Board, tmp_path: Path, content: str | None, reason: str) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_text(content)
    with pytest.raises(ConnectError, match=reason):
        open_transport(replace(board, key=key))


def test_agent_key_is_used_when_no_key_is_named(
        board: Board, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(tmp_path / "agent")],
                             stdout=subprocess.DEVNULL)
    try:
        while not (tmp_path / "agent").exists():
            assert agent.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        subprocess.run(["ssh-add", "-q", str(folder / "user_key")], check=True)
        with open_transport(replace(board, key=None)):
            pass
    finally:
        agent.terminate()
        agent.wait()


def test_no_key_at_all_says_how_to_make_one(
        board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(ConnectError, match=r"no key to log in with.*ssh-keygen"):
        open_transport(replace(board, key=None))


def test_closed_port_is_reported_as_such(board: Board) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ConnectError, match=r"cannot connect: Connection refused.*Is the board on"):
        open_transport(replace(board, port=port))


def test_name_that_does_not_resolve_is_reported_as_such(board: Board) -> None:
    with pytest.raises(ConnectError, match="cannot connect"):
        open_transport(replace(board, host="no-such-board.invalid"))


def test_server_that_says_nothing_ends_in_the_connect_timeout(board: Board) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = replace(board, port=server.getsockname()[1], connect_timeout_s=1)
        with pytest.raises(ConnectError, match="no SSH handshake within 1 s"):
            open_transport(silent)


def test_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path: Path) -> None:
    import base64

    public = make_key(tmp_path / "key").with_suffix(".pub")
    printed = subprocess.run(["ssh-keygen", "-lf", str(public)], check=True, capture_output=True,
                             text=True).stdout.split()[1]
    assert fingerprint(base64.b64decode(public.read_text().split()[1])) == printed
