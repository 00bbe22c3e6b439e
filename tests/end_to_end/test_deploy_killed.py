"""A deployment that is killed: whatever was running, the old release serves, and the next
deployment is clean without anybody's help.

Every program that the steps start on the board is found through PATH, so a folder of small scripts
before it can stop the deployment at any one of them. Then what a power cut or a crash would end is
really killed: over SSH the connection's sshd and all below it, locally the deploying process.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.execute import Progress
from edgec.deploy.plan import Options
from edgec.deploy.release import deploy, status
from edgec.deploy.transports.local import LocalTransport
from edgec.deploy.transports.ssh import SshTransport
from edgec.errors import BoardBusy, ConnectError, DeployError
from tests.unit.deploy.boards_here import KINDS, board_here, root_of
from tests.unit.deploy.releases import engine_programs, make_bundle

PROGRAMS = ("cat", "chmod", "grep", "ln", "mkdir", "mv", "readlink", "rm", "sed", "sha256sum",
            "sync", "timeout", "touch")
BEFORE_SWITCH = {"lock", "prepare", "upload", "verify", "sync", "install", "self-test"}
FORK = multiprocessing.get_context("fork")


class Stops:
    """A folder for PATH: counts the programs that are started, and holds the n-th one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in PROGRAMS:
            real = shutil.which(name)
            script = folder / name
            script.write_text(
                f"#!/bin/sh\n[ -e {folder}/armed ] || exec {real} \"$@\"\n"
                # A file made with O_EXCL is a number that no other program has.
                f"number=1\nset -C\n"
                f"while ! true 2>/dev/null > {folder}/started.$number; do\n"
                f"  number=$((number + 1))\ndone\nset +C\n"
                f"read -r stop < {folder}/stop\n"
                f"[ $number -eq $stop ] || exec {real} \"$@\"\n"
                f": > {folder}/held\n"
                f"while [ ! -e {folder}/go ]; do /bin/sleep 0.02; done\nexec {real} \"$@\"\n")
            script.chmod(0o755)
        self.path = f"{folder}:{os.environ['PATH']}"

    def at(self, number: int) -> None:
        """Holds the program that is started as `number`-th; 0 holds none."""
        for path in (*self.folder.glob("started.*"),
                     *(self.folder / name for name in ("armed", "held", "go"))):
            path.unlink(missing_ok=True)
        (self.folder / "stop").write_text(f"{number}\n")

    def arm(self) -> None:
        (self.folder / "armed").touch()

    def started(self) -> int:
        return len(list(self.folder.glob("started.*")))

    def is_held(self) -> bool:
        return (self.folder / "held").exists()

    def let_go(self) -> None:
        (self.folder / "go").touch()


@dataclass
class Bench:
    """A board with one release that serves, another bundle to deploy, and the means to stop it."""

    board: Board
    root: Path
    stops: Stops
    old: str
    bundle: Path


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield from prepare(request.param, tmp_path, monkeypatch)


@pytest.fixture
def local_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield from prepare("local", tmp_path, monkeypatch)


@pytest.fixture
def ssh_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield from prepare("ssh", tmp_path, monkeypatch)


def prepare(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    stops = Stops(folder / "stops")
    stops.at(0)
    if kind == "local":
        monkeypatch.setenv("PATH", stops.path)
    with board_here(kind, folder / "board", environment={"PATH": stops.path}) as board:
        old = deploy(board, make_bundle(folder / "old"), engine_programs())
        yield Bench(board, root_of(folder / "board"), stops, old.release,
                    make_bundle(folder / "new", seed=1))
    stops.let_go()  # what is still held must not outlive the test


def kill_below(process: int) -> None:
    """Kills every process below `process`, the deepest last so that none starts another."""
    children = Path(f"/proc/{process}/task/{process}/children")
    for child in children.read_text().split() if children.exists() else ():
        try:
            os.kill(int(child), signal.SIGSTOP)
            kill_below(int(child))
            os.kill(int(child), signal.SIGKILL)
        except ProcessLookupError:
            continue


def sshd_of(bench: Bench) -> int:
    """The listening sshd of the board: our own child."""
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_bytes()
        if str(bench.root.parent).encode() in words or b"[listener]" in words:
            return int(child)
    raise AssertionError("no sshd of ours")


def deploy_and_kill(bench: Bench, number: int) -> str:
    """Deploys and kills it when the `number`-th program starts; the step that it was in."""
    steps = FORK.SimpleQueue()
    bench.stops.at(number)

    def report(progress: Progress) -> None:
        bench.stops.arm()
        steps.put(progress.step.kind)

    def attempt() -> None:
        with suppress(ConnectError):
            deploy(bench.board, bench.bundle, engine_programs(), report=report)

    is_local = bench.board.transport == "local"
    worker = FORK.Process(target=attempt) if is_local else threading.Thread(target=attempt)
    worker.start()
    wait_until(lambda: bench.stops.is_held() or not worker.is_alive())
    assert bench.stops.is_held(), "it ended before"
    if isinstance(worker, threading.Thread):
        kill_below(sshd_of(bench))
    else:
        assert worker.pid is not None
        kill_below(worker.pid)
        worker.kill()
    worker.join()
    seen = [steps.get()]
    while not steps.empty():
        seen.append(steps.get())
    return seen[-1]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for a minute"
        time.sleep(0.005)


def assert_serves(bench: Bench, releases: set[str]) -> str:
    """The board's `current` is one of `releases`, and that works."""
    current = (bench.root / "current").readlink().name
    assert current in releases
    command = ("bin/edgec-run", "model.edgec", "--input", "golden/input_0.npy", "--expect",
               "golden/output_0.npy")
    subprocess.run(command, cwd=bench.root / "current", check=True, capture_output=True)
    return current


def assert_next_deploy_is_clean(bench: Bench) -> None:
    bench.stops.at(0)
    done = deploy(bench.board, bench.bundle, engine_programs())
    assert assert_serves(bench, {done.release}) == done.release
    assert (bench.root / "previous").readlink().name in (bench.old, done.release)
    assert {path.name for path in (bench.root / "releases").iterdir()} == {bench.old, done.release}
    assert {path.name for path in bench.root.iterdir()} == {"current", "previous", "incoming",
                                                            "releases"}
    assert not any((bench.root / "incoming").iterdir())


def start_over(bench: Bench) -> None:
    """Back to the board with the old release only."""
    for name in ("current", "previous"):
        (bench.root / name).unlink(missing_ok=True)
    (bench.root / "current").symlink_to(f"releases/{bench.old}")
    for path in (bench.root / "releases").iterdir():
        if path.name != bench.old:
            shutil.rmtree(path)


def programs_by_step(bench: Bench) -> dict[str, list[int]]:
    """The numbers of the programs that each step of a whole deployment starts."""
    counts: list[tuple[str, int]] = []
    bench.stops.at(0)

    def report(progress: Progress) -> None:
        bench.stops.arm()
        counts.append((progress.step.kind, bench.stops.started()))

    deploy(bench.board, bench.bundle, engine_programs(), report=report)
    ends = [*(count for _, count in counts[1:]), bench.stops.started()]
    numbers: dict[str, list[int]] = {}
    for (step, before), after in zip(counts, ends, strict=True):
        numbers.setdefault(step, []).extend(range(before + 1, after + 1))
    start_over(bench)
    return {step: found for step, found in numbers.items() if found}


def check_killed_at(bench: Bench, number: int, step: str) -> None:
    """One kill, and what must hold after it."""
    assert deploy_and_kill(bench, number) == step
    new = {path.name for path in (bench.root / "releases").iterdir()}
    assert_serves(bench, {bench.old} if step in BEFORE_SWITCH else new)
    assert_next_deploy_is_clean(bench)
    start_over(bench)


def test_deploy_killed_at_each_step_leaves_the_old_release_and_a_clean_next_one(
        bench: Bench) -> None:
    numbers = programs_by_step(bench)
    assert set(numbers) == BEFORE_SWITCH - {"upload"} | {"switch", "unlock"}
    for step, of_step in numbers.items():
        check_killed_at(bench, of_step[-1], step)


@pytest.mark.slow
def test_deploy_killed_at_each_program_leaves_the_old_release_and_a_clean_next_one(
        local_bench: Bench) -> None:
    for step, of_step in programs_by_step(local_bench).items():
        for number in of_step:
            check_killed_at(local_bench, number, step)


def test_upload_cut_in_the_middle_of_a_file_over_sftp(
        ssh_bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put = SshTransport.put

    def put_half_then_die(self: SshTransport, local: Path, remote: str, timeout_s: float) -> None:
        half = tmp_path / "half"
        half.write_bytes(local.read_bytes()[:local.stat().st_size // 2])
        put(self, half, remote, timeout_s)
        kill_below(sshd_of(ssh_bench))
        put(self, local, remote, timeout_s)

    with monkeypatch.context() as patch:
        patch.setattr(SshTransport, "put", put_half_then_die)
        with pytest.raises(ConnectError, match=r"connection was lost.*upload") as caught:
            deploy(ssh_bench.board, ssh_bench.bundle, engine_programs())
    assert f"releases/{ssh_bench.old} still serves" in str(caught.value)
    assert any(path.stat().st_size for path in ssh_bench.root.glob("incoming/*/golden/*"))
    assert_serves(ssh_bench, {ssh_bench.old})
    assert_next_deploy_is_clean(ssh_bench)


def test_upload_cut_in_the_middle_of_a_file_locally(local_bench: Bench) -> None:
    def attempt() -> None:
        def put_half_then_die(self: LocalTransport, local: Path, remote: str, _s: float) -> None:
            content = local.read_bytes()
            (local_bench.root.parent / remote).write_bytes(content[:len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

        LocalTransport.put = put_half_then_die  # type: ignore[method-assign]  # our process ends
        deploy(local_bench.board, local_bench.bundle, engine_programs())

    process = FORK.Process(target=attempt)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert any(path.stat().st_size for path in local_bench.root.glob("incoming/*/golden/*"))
    assert_serves(local_bench, {local_bench.old})
    assert_next_deploy_is_clean(local_bench)


def test_deployer_that_dies_far_away_frees_the_board_though_its_last_command_runs_on(
        ssh_bench: Bench) -> None:
    """Only the deploying process is killed; what it started on the board ends in its own time."""
    number = programs_by_step(ssh_bench)["self-test"][-1]
    ssh_bench.stops.at(number)
    process = FORK.Process(target=lambda: deploy(
        ssh_bench.board, ssh_bench.bundle, engine_programs(),
        report=lambda _progress: ssh_bench.stops.arm()))
    process.start()
    wait_until(lambda: ssh_bench.stops.is_held() or not process.is_alive())
    process.kill()
    process.join()
    wait_until(lambda: (lock := status(ssh_bench.board).facts.lock) is not None and lock.is_dead)
    assert_serves(ssh_bench, {ssh_bench.old})
    ssh_bench.stops.let_go()
    assert_next_deploy_is_clean(ssh_bench)


@pytest.fixture
def held_deploy(bench: Bench) -> Iterator[tuple[Bench, list[BaseException]]]:
    """A deployment in another thread that is held in its `sync` step, and how it failed."""
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            deploy(bench.board, bench.bundle, engine_programs(), report=hold)
        except DeployError as error:
            errors.append(error)

    def hold(progress: Progress) -> None:
        if progress.step.kind == "sync":
            bench.stops.at(1)
            bench.stops.arm()

    thread = threading.Thread(target=attempt)
    thread.start()
    wait_until(lambda: bench.stops.is_held() or not thread.is_alive())
    yield bench, errors
    bench.stops.let_go()
    thread.join()


def test_second_deployer_is_told_who_holds_the_board(
        held_deploy: tuple[Bench, list[BaseException]], tmp_path: Path) -> None:
    bench, errors = held_deploy
    with pytest.raises(BoardBusy, match=rf"locked by .*process {os.getpid()}\).*--break-lock"):
        deploy(bench.board, make_bundle(tmp_path / "third", seed=2), engine_programs())
    assert_serves(bench, {bench.old})
    assert not errors


def test_broken_lock_stops_the_deployer_that_held_it(
        held_deploy: tuple[Bench, list[BaseException]], tmp_path: Path) -> None:
    bench, errors = held_deploy
    done = deploy(bench.board, make_bundle(tmp_path / "third", seed=2), engine_programs(),
                  Options(break_lock=True))
    bench.stops.let_go()
    wait_until(lambda: bool(errors))
    assert isinstance(errors[0], DeployError)
    assert assert_serves(bench, {done.release}) == done.release
    assert not (bench.root / "lock").exists()
