"""Boards that need no board: a directory of this machine, and OpenSSH on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.loopback import SFTP, find_sshd, loopback_board
from tests.unit.deploy.releases import TARGET

KINDS = ("local", "ssh")


@contextmanager
def board_here(kind: str, folder: Path, settings: Sequence[str] = (SFTP,),
               environment: Mapping[str, str] | None = None) -> Iterator[Board]:
    """A board whose root is `folder`/edgec; skips when sshd is needed and not installed."""
    if kind == "local":
        yield Board(name="here", transport="local", target=TARGET, home=folder)
        return
    if not find_sshd():
        pytest.skip("sshd is not installed (openssh-server)")
    with loopback_board(folder, TARGET, settings, environment) as board:
        yield board


def root_of(folder: Path) -> Path:
    """The directory that edgec owns on a board made by `board_here`."""
    return folder / "edgec"
