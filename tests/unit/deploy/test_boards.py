"""The boards file: what is read from it, and what is said when it is wrong."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from edgec.deploy.boards import board_names, boards_file, load_board
from edgec.errors import EdgecError, TargetError, UnknownName

KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519" + bytes(36)).decode()
SSH = {"host": '"10.0.0.2"', "user": '"pi"', "target": '"raspberry_pi_4"'}


def write(folder: Path, entry: dict[str, str], name: str = "line3") -> Path:
    lines = [f"[board.{name}]", *(f"{key} = {value}" for key, value in entry.items())]
    (folder / "boards.toml").write_text("\n".join(lines))
    return folder / "boards.toml"


def test_board_over_ssh_has_defaults(tmp_path: Path) -> None:
    board = load_board("line3", write(tmp_path, SSH))
    assert (board.transport, board.port, board.root, board.host_key, board.key) == (
        "ssh", 22, "edgec", None, None)
    assert (board.connect_timeout_s, board.command_timeout_s) == (10, 60)


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    board = load_board("line3", write(tmp_path, {**SSH, "key": '"keys/id"'}))
    assert board.key == tmp_path / "keys/id"


def test_host_key_is_read(tmp_path: Path) -> None:
    board = load_board("line3", write(tmp_path, {**SSH, "host_key": f'"{KEY}"'}))
    assert board.host_key is not None
    assert board.host_key.kind == "ssh-ed25519"


def test_local_board_has_a_home(tmp_path: Path) -> None:
    entry = {"transport": '"local"', "home": '"here"', "target": '"generic_x86_64"'}
    assert load_board("line3", write(tmp_path, entry)).home == tmp_path / "here"


def test_target_may_be_a_file_beside_the_boards_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        (Path(__file__).parents[3] / "targets/raspberry_pi_4.toml").read_text())
    board = load_board("line3", write(tmp_path, {**SSH, "target": '"mine.toml"'}))
    assert board.target == str(tmp_path / "mine.toml")


def test_names_are_listed_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("[board.b]\n[board.a]\n")
    assert board_names(tmp_path / "b.toml") == ("a", "b")


def test_unknown_board_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no board in .* named 'line4'.*line3"):
        load_board("line4", write(tmp_path, SSH))


def test_another_entry_that_is_wrong_does_not_matter(tmp_path: Path) -> None:
    file = write(tmp_path, SSH)
    file.write_text(file.read_text() + "\n[board.broken]\nhost = 1\n")
    assert load_board("line3", file).host == "10.0.0.2"


@pytest.mark.parametrize(("change", "message"), [
    ({"hots": '"x"'}, "unknown key 'hots'; did you mean 'host'?"),
    ({"host": "7"}, "key 'host' is 7; it must be a name or address"),
    ({"host": '"a b"'}, "key 'host' is 'a b'"),
    ({"host": '"-x"'}, "key 'host' is '-x'"),
    ({"user": None}, "key 'user' is missing; it must be a user name"),
    ({"port": "70000"}, "key 'port' is 70000; it must be an integer from 1 to 65535"),
    ({"port": "true"}, "key 'port' is True; it must be an integer"),
    ({"host_key": '"yes"'}, "key 'host_key' is 'yes'; it must be a public key line"),
    ({"root": '"../x"'}, "key 'root' is '../x'; it must be a path without"),
    ({"root": '"~/x"'}, "key 'root' is '~/x'"),
    ({"root": '"-x"'}, "key 'root' is '-x'"),
    ({"root": '"/"'}, "key 'root' is '/'"),
    ({"target": '"raspberry"'}, "no target named 'raspberry'"),
    ({"transport": '"telnet"'}, "key 'transport' is 'telnet'; it must be one of local, ssh"),
    ({"home": '"x"'}, "unknown key 'home'"),
    ({"connect_timeout_s": "0"}, "it must be an integer from 1 to 600"),
])
def test_wrong_entry_says_what_is_wrong_and_what_is_allowed(
        tmp_path: Path, change: dict[str, str | None], message: str) -> None:
    entry = {key: value for key, value in {**SSH, **change}.items() if value is not None}
    with pytest.raises(EdgecError) as caught:
        load_board("line3", write(tmp_path, entry))
    assert message in str(caught.value)


def test_message_names_the_file_and_the_table(tmp_path: Path) -> None:
    file = write(tmp_path, {**SSH, "port": "0"})
    with pytest.raises(TargetError) as caught:
        load_board("line3", file)
    assert str(caught.value).startswith(f"{file} [board.line3]: key 'port' is 0")


def test_file_that_is_no_toml_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "boards.toml").write_text("[board.x\n")
    with pytest.raises(TargetError, match="is not a TOML file"):
        board_names(tmp_path / "boards.toml")


def test_named_file_that_is_missing_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"no boards file: looked for .*none\.toml.*board\.NAME"):
        board_names(tmp_path / "none.toml")


def test_file_in_the_working_directory_comes_before_the_one_in_the_home(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".config/edgec").mkdir(parents=True)
    (tmp_path / ".config/edgec/boards.toml").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert boards_file() == tmp_path / ".config/edgec/boards.toml"
    (tmp_path / "boards.toml").touch()
    assert boards_file().absolute() == tmp_path / "boards.toml"
