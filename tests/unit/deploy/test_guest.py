"""Files that are on a board for a while: usable, and gone whatever ends the visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.guest import guests
from edgec.deploy.transport import open_transport
from edgec.errors import DeployError
from edgec.target.toolchain import build_engine, host_triple
from tests.unit.deploy.boards_here import KINDS, board_here, root_of


@pytest.fixture(params=KINDS)
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    with board_here(request.param, tmp_path) as made:
        yield made


def test_program_runs_on_the_board_and_is_gone_afterwards(board: Board, tmp_path: Path) -> None:
    run = build_engine().run
    with open_transport(board) as transport, \
            guests(transport, board.root, [run], host_triple()) as folder:
        assert transport.run((f"{folder}/{run.name}", "--list-isa"), 20).exit_code == 0
    assert not root_of(tmp_path).exists()


def test_what_was_there_stays(board: Board, tmp_path: Path) -> None:
    (root_of(tmp_path) / "releases").mkdir(parents=True)
    with open_transport(board) as transport, \
            guests(transport, board.root, [build_engine().run], host_triple()):
        pass
    assert [path.name for path in root_of(tmp_path).iterdir()] == ["releases"]


def test_files_go_when_the_work_fails(board: Board, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_transport(board) as transport, \
            guests(transport, board.root, [build_engine().run], host_triple()):
        raise KeyboardInterrupt
    assert not root_of(tmp_path).exists()


def test_another_machine_is_refused_before_anything_is_uploaded(board: Board, tmp_path: Path
                                                                ) -> None:
    other = next(name for name in ("aarch64", "x86_64") if name != host_triple())
    with pytest.raises(DeployError, match=f"and the target is {other}"), \
            open_transport(board) as transport, guests(transport, board.root, [], other):
        pass
    assert not root_of(tmp_path).exists()


def test_c_library_that_is_too_old_is_told_before_anything_is_uploaded(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "getconf").write_text("#!/bin/sh\necho glibc 2.5\n")
    (tools / "getconf").chmod(0o755)
    path = {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"}
    with board_here("ssh", tmp_path, environment=path) as board, \
            pytest.raises(DeployError, match=r"too new for the board.*and the board has 2\.5"), \
            open_transport(board) as transport, \
            guests(transport, board.root, [build_engine().run], host_triple()):
        pass
    assert not root_of(tmp_path).exists()
