"""A board whose disk is full: before the deployment, and while it uploads."""

from __future__ import annotations

import multiprocessing
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.execute import Progress
from edgec.deploy.release import deploy
from edgec.errors import DeployError, StepFailed
from tests.unit.deploy.boards_here import KINDS, board_here, root_of
from tests.unit.deploy.releases import engine_programs, make_bundle

MODEL_FLOATS = 1 << 18  # a golden file of 1 MiB


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    place.mkdir(parents=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "edgec-test", str(place))
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"may not mount a small disk here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(("umount", "-l", str(place)), check=True)


@pytest.fixture(params=KINDS)
def small_board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    """A board with room for a small bundle and the engine, not for a large bundle too."""
    engine_megabytes = sum(path.stat().st_size for path in engine_programs()) >> 20
    with (small_disk(root_of(tmp_path / "board"), 3 + 2 * engine_megabytes),
          board_here(request.param, tmp_path / "board") as board):
        yield board


def fill(root: Path) -> Callable[[Progress], None]:
    """A report that fills the disk when the first upload is about to start."""

    def report(progress: Progress) -> None:
        if progress.step.kind == "upload" and not (root / "filler").exists():
            with (root / "filler").open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    return

    return report


def test_plan_is_refused_when_the_disk_has_too_little_room(
        small_board: Board, tmp_path: Path) -> None:
    large = make_bundle(tmp_path / "large", count=40 * MODEL_FLOATS)
    with pytest.raises(DeployError, match=r"too full: \d+ KB are needed and \d+ KB are free"):
        deploy(small_board, large, engine_programs())
    assert not any(root_of(tmp_path / "board").iterdir())


def test_disk_that_fills_up_during_the_upload_keeps_the_old_release(
        small_board: Board, tmp_path: Path) -> None:
    root = root_of(tmp_path / "board")
    first = deploy(small_board, make_bundle(tmp_path / "small"), engine_programs())
    second = make_bundle(tmp_path / "second", seed=1, count=1 << 14)
    with pytest.raises(StepFailed, match="disk is full: make room there") as caught:
        deploy(small_board, second, engine_programs(), report=fill(root))
    assert f"releases/{first.release} still serves" in str(caught.value)
    assert (root / "current").readlink().name == first.release
    assert not any((root / "incoming").iterdir())
    assert not (root / "lock").exists()


def test_deploy_after_room_was_made_is_clean(small_board: Board, tmp_path: Path) -> None:
    root = root_of(tmp_path / "board")
    bundle = make_bundle(tmp_path / "model")
    with pytest.raises(StepFailed, match="disk is full"):
        deploy(small_board, bundle, engine_programs(), report=fill(root))
    (root / "filler").unlink()
    done = deploy(small_board, bundle, engine_programs())
    assert (root / "current").readlink().name == done.release
    assert not any((root / "incoming").iterdir())


def test_limit_of_the_file_size_is_told_as_a_full_disk(tmp_path: Path) -> None:
    """Needs no root: a process of its own may write no more than 64 KiB a file."""
    fork = multiprocessing.get_context("fork")
    messages = fork.SimpleQueue()
    large = make_bundle(tmp_path / "large", count=MODEL_FLOATS)
    programs = engine_programs()

    def attempt() -> None:
        with board_here("local", tmp_path / "board") as board:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
            try:
                deploy(board, large, programs)
            except StepFailed as error:
                messages.put(str(error))

    process = fork.Process(target=attempt)
    process.start()
    process.join()
    assert not messages.empty(), "the deployment did not fail"
    message = messages.get()
    assert "File too large" in message
    assert "disk is full" in message
    assert not any((root_of(tmp_path / "board") / "incoming").iterdir())
