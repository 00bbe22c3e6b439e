"""The boards file: which boards there are, how to reach them, what they are.

    [board.line3]
    host = "192.168.1.20"
    user = "pi"
    key = "~/.ssh/id_ed25519"
    target = "raspberry_pi_4"
    host_key = "ssh-ed25519 AAAA..."     # or "SHA256:..."; without it, known_hosts decides

    [board.here]
    transport = "local"                  # a directory of this machine stands for the board
    home = "~/edgec-board"
    target = "generic_x86_64"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edgec import registry
from edgec.deploy.host_key import PinnedKey, parse_pinned_key
from edgec.errors import TargetError, UnknownName
from edgec.target.table import Table
from edgec.target.target import load_target

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_HOST = r"[A-Za-z0-9_.:][A-Za-z0-9_.:%-]*"
_ROOT = r"/?[A-Za-z0-9_.+][A-Za-z0-9_.+-]*(/[A-Za-z0-9_.+][A-Za-z0-9_.+-]*)*"


@dataclass(frozen=True)
class Board:
    """One entry of the boards file. `root` is the directory on the board that edgec owns.

    A local board has a `home`; a board over SSH has `host`, `user` and the keys. `key` None
    means the SSH agent and the default keys; `host_key` None means the file `known_hosts`.
    """

    name: str
    transport: str
    target: str
    root: str = "edgec"
    source: str = "boards.toml"
    home: Path | None = None
    host: str = ""
    port: int = 22
    user: str = ""
    key: Path | None = None
    host_key: PinnedKey | None = None
    known_hosts: Path = Path("~/.ssh/known_hosts")
    connect_timeout_s: int = 10
    command_timeout_s: int = 60


def boards_file(path: Path | None = None) -> Path:
    """`path`, or else ./boards.toml, or else ~/.config/edgec/boards.toml."""
    places = ([path.expanduser()] if path is not None
              else [Path("boards.toml"), Path("~/.config/edgec/boards.toml").expanduser()])
    for place in places:
        if place.is_file():
            return place
    raise TargetError(f"no boards file: looked for {' and '.join(map(str, places))}. Write one "
                      "with a table [board.NAME] holding host, user, key, target and host_key, "
                      "or name yours with --boards FILE.")


def board_names(path: Path | None = None) -> tuple[str, ...]:
    """The names of the boards in the boards file, sorted."""
    return tuple(sorted(_boards_table(boards_file(path)).present()))


def load_board(name: str, path: Path | None = None) -> Board:
    """The board of that name; UnknownName or TargetError when there is none or it is wrong."""
    file = boards_file(path)
    boards = _boards_table(file)
    if name not in boards.present():
        raise UnknownName(f"board in {file}", name, boards.present())
    if not re.fullmatch(_NAME, name):
        raise TargetError(f"{file}: {name!r} is not a board name; letters, digits, '_', '.' and "
                          "'-' are allowed.")
    return _read_board(name, boards.table(name), file)


def _boards_table(file: Path) -> Table:
    top = Table.read(file)
    boards = top.table("board")
    top.close()
    return boards


def _read_board(name: str, table: Table, file: Path) -> Board:
    transport = table.choice("transport", registry.names("edgec.deploy.transports"), "ssh")
    target = table.text("target")
    if target.endswith(".toml"):
        target = str(_path(file, target))
    load_target(target)
    root = table.text("root", "edgec", _ROOT, "a path without '..', spaces or '~'; one that does "
                      "not start with '/' is below the user's home directory")
    if any(part in (".", "..") for part in root.split("/")):
        raise table.fail("root", "a path without '.' and '..'")
    read = _read_local if transport == "local" else _read_ssh
    board = read(table, file, Board(name=name, transport=transport, target=target, root=root,
                                    source=str(file)))
    table.close()
    return board


def _read_local(table: Table, file: Path, board: Board) -> Board:
    home = _path(file, table.text("home"))
    return Board(name=board.name, transport=board.transport, target=board.target,
                 root=board.root, source=board.source, home=home)


def _read_ssh(table: Table, file: Path, board: Board) -> Board:
    key = table.text("key", default=None)
    pinned = table.text("host_key", default=None)
    host_key = parse_pinned_key(pinned) if pinned is not None else None
    if pinned is not None and host_key is None:
        raise table.fail("host_key", "a public key line such as 'ssh-ed25519 AAAA...', or its "
                         "fingerprint 'SHA256:...' of 43 characters")
    return Board(
        name=board.name, transport=board.transport, target=board.target, root=board.root,
        source=board.source, host=table.text("host", pattern=_HOST, allowed="a name or address"),
        port=table.integer("port", 1, 65535, 22),
        user=table.text("user", pattern=r"[A-Za-z0-9_][A-Za-z0-9_.-]*\$?", allowed="a user name"),
        key=_path(file, key) if key is not None else None, host_key=host_key,
        known_hosts=_path(file, table.text("known_hosts", default="~/.ssh/known_hosts")),
        connect_timeout_s=table.integer("connect_timeout_s", 1, 600, 10),
        command_timeout_s=table.integer("command_timeout_s", 1, 3600, 60))


def _path(file: Path, text: str) -> Path:
    """A path of this machine; a relative one starts at the boards file's directory."""
    return file.parent / Path(text).expanduser()
