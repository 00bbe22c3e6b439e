"""`edgec tune --board` over a real sshd: measured there, nothing left there, interrupted and gone
on with.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest

from edgec import tuning
from edgec.deploy.boards import Board
from edgec.deploy.transport import open_transport
from edgec.errors import BuildError, ConnectError, DeployError
from edgec.lower.backend import load_backend
from edgec.lower.backends.tvm import TvmAlone
from edgec.lower.backends.tvm.rpc import door
from edgec.lower.backends.tvm.runtime import runtime
from edgec.lower.backends.tvm.tune import tune
from edgec.lower.backends.tvm.tuned import RECORDS
from edgec.lower.lower import lower_for
from edgec.model.load import load_model
from edgec.target.target import load_target
from tests.end_to_end.heeding import EDGEC, interrupted
from tests.unit.deploy.boards_here import board_here, root_of
from tests.unit.lower.lower_models import float_model

pytest.importorskip("tvm_ffi")
EMULATOR, SYSROOT = "qemu-aarch64-static", Path("/usr/aarch64-linux-gnu")
SERVER = b"edgec-tvm-rpc"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    onnx.save(float_model("convnet"), tmp_path / "convnet.onnx")
    return tmp_path / "convnet.onnx"


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    with board_here("ssh", tmp_path / "board") as made:
        yield made


def servers(folder: Path) -> list[str]:
    """Processes that run from the board's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if SERVER in words and bytes(folder) in words:
            found.append(process.name)
    return found


@pytest.mark.slow
def test_kernels_are_measured_on_the_board_and_nothing_stays_there(
        model: Path, board: Board, tmp_path: Path) -> None:
    said: list[str] = []
    made = tuning.tune(str(model), tmp_path / "tuning", None, tuning.Measuring(1, board),
                       said.append)
    assert made == board.target
    assert "best found" in said[-1]
    assert (tmp_path / "tuning" / RECORDS).read_text()
    assert not root_of(tmp_path / "board").exists()
    assert not servers(tmp_path / "board")


def test_a_board_that_is_gone_leaves_no_folder(model: Path, board: Board, tmp_path: Path) -> None:
    gone = Board(**{**vars(board), "port": 1})
    with pytest.raises(ConnectError, match="cannot connect"):
        tuning.tune(str(model), tmp_path / "tuning", None, tuning.Measuring(1, gone))
    assert not (tmp_path / "tuning").exists()


@pytest.mark.slow
def test_interrupted_it_leaves_nothing_on_the_board_and_goes_on(
        model: Path, board: Board, tmp_path: Path) -> None:
    (tmp_path / "boards.toml").write_text(
        f'[board.loopback]\nhost = "{board.host}"\nport = {board.port}\nuser = "{board.user}"\n'
        f'key = "{board.key}"\ntarget = "{board.target}"\nroot = "{board.root}"\n'
        f'host_key = "{(tmp_path / "board" / "host_key.pub").read_text().strip()}"\n')
    words = (*EDGEC, "tune", str(model), "--board", "loopback", "-o", "tuning")
    records = tmp_path / "tuning" / RECORDS
    interrupted((*words, "--time-limit", "10m"), tmp_path,
                lambda: records.is_file() and records.stat().st_size > 0, 120)
    assert not root_of(tmp_path / "board").exists()
    assert not servers(tmp_path / "board")
    again = subprocess.run((*words, "--time-limit", "1s"), cwd=tmp_path, capture_output=True,
                           text=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    assert " 0 measurements from before" not in again.stderr


@pytest.mark.slow
def test_a_connection_that_is_lost_is_told_and_the_board_tidies_up(
        model: Path, board: Board, tmp_path: Path) -> None:
    def cut(line: str) -> None:
        """Ends the sshd of the session, as a lost connection does, at the first line."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words, parent = (process / "cmdline").read_bytes(), _parent(process)
                above = (parent / "cmdline").read_bytes()
            except OSError:
                continue
            if words.startswith(b"sshd:") and bytes(tmp_path) in above:
                os.kill(int(process.name), signal.SIGKILL)

    with pytest.raises(DeployError, match="lost"):
        tuning.tune(str(model), tmp_path / "tuning", None, tuning.Measuring(60, board), cut)
    until = time.monotonic() + 10
    while root_of(tmp_path / "board").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not root_of(tmp_path / "board").exists()


@pytest.mark.slow
def test_an_arm_board_s_server_measures_what_was_compiled_for_it(model: Path, tmp_path: Path
                                                                 ) -> None:
    """Under emulation: that it runs there, not how fast."""
    if shutil.which(EMULATOR) is None or not SYSROOT.is_dir():
        pytest.skip(f"needs {EMULATOR} and aarch64-linux-gnu-g++ with its libraries")
    try:
        program = runtime("aarch64").server
    except BuildError as error:
        pytest.skip(str(error))
    target, backend = load_target("raspberry_pi_4"), load_backend("tvm").configured(
        {"kernels": "tvm"})
    assert isinstance(backend, TvmAlone)
    request = backend.request(lower_for(load_model(str(model)), backend, target), target)
    words = (EMULATOR, "-cpu", "cortex-a72", "-L", str(SYSROOT), str(program), str(tmp_path), "60")
    said: list[str] = []
    with board_here("local", tmp_path / "home") as here, open_transport(here) as transport, \
            door(lambda: transport.start(words, 90)) as server:
        tune(request, tmp_path / "tuning", 1, server, said.append)
    assert "best found" in said[-1]


def _parent(process: Path) -> Path:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return Path("/proc") / fields[1]
