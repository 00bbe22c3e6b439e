"""`edgec profile RECIPE --board B`: layers timed over a real sshd, interrupted on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgec.deploy.loopback import SFTP, find_sshd, loopback_board
from edgec.errors import UsageError
from edgec.measure.costs import CostTable, read_table
from edgec.measure.price import price_for
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.profiling import profile
from edgec.target.target import load_target
from tests.unit.compress import trained
from tests.unit.deploy.releases import TARGET

RECIPE = f"""
model = "net.onnx"
target = "{TARGET}"
[task]
data = "task.npz"
[methods.prune]
ratio = [0.2, 0.4, 0.6]
round_to = 4
epochs = 1
[methods.early_exit]
at = [0.5]
epochs = 1
[methods.quantize]
"""


class Told:
    """Progress; the first line that ends in `stop` is Ctrl-C."""

    def __init__(self, stop: str = "") -> None:
        self.stop = stop
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if self.stop and line.endswith(self.stop):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe with its model and samples."""
    folder = tmp_path_factory.mktemp("profile")
    save_model(trained.trained(), folder / "net.onnx")
    arrays = {}
    for split, seed in (("train", 1), ("validation", 2)):
        samples = trained.patterns(128, seed)
        arrays |= {f"{split}_x": samples.inputs["x"], f"{split}_y": samples.targets}
    np.savez(folder / "task.npz", **arrays)
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def boards(workshop: Path) -> Iterator[Path]:
    """A boards file with this machine in it, behind an sshd of its own."""
    if not find_sshd():
        pytest.skip("sshd is not installed (openssh-server)")
    with loopback_board(workshop / "board", TARGET, (SFTP,)) as board:
        file = workshop / "boards.toml"
        file.write_text("[board.line3]\n" + "\n".join(
            f"{key} = {json.dumps(value)}" for key, value in {
                "host": board.host, "port": board.port, "user": board.user,
                "target": TARGET, "root": board.root, "key": str(board.key),
                "host_key": (workshop / "board/host_key.pub").read_text().strip()}.items()))
        yield file


@pytest.fixture(scope="module")
def interrupted(workshop: Path, boards: Path) -> CostTable:
    """What Ctrl-C behind the first batch left."""
    with pytest.raises(KeyboardInterrupt):
        profile(str(workshop / "recipe.toml"), workshop / "costs.json", board="line3",
                boards=boards, progress=Told(" measured"))
    return read_table(workshop / "costs.json", TARGET)


def test_an_interrupted_profile_keeps_what_it_measured_and_leaves_the_board_clean(
        workshop: Path, interrupted: CostTable) -> None:
    assert interrupted.entries
    assert interrupted.machine is not None
    assert interrupted.machine.board == "line3"
    assert not (workshop / "board/edgec/profile").exists()


def test_the_next_call_goes_on_where_it_stopped(workshop: Path, boards: Path,
                                                interrupted: CostTable) -> None:
    told = Told()
    whole = profile(str(workshop / "recipe.toml"), workshop / "costs.json", board="line3",
                    boards=boards, progress=told)
    assert len(whole.entries) > len(interrupted.entries)
    assert {k: whole.entries[k] for k in interrupted.entries} == dict(interrupted.entries)
    left = len(whole.entries) - len(interrupted.entries)
    assert any(f", {left} not measured yet" in line for line in told.lines)
    exits = [text for text in whole.entries if text.startswith("exit")]
    assert len(exits) == 1
    priced = price_for(load_target(TARGET), whole)(load_model(str(workshop / "net.onnx")))
    assert priced.latency is not None
    assert priced.latency.measured > 0.5


def test_times_of_another_board_are_not_mixed_in(workshop: Path, boards: Path,
                                                 interrupted: CostTable) -> None:
    with pytest.raises(UsageError, match="times of the board line3; this is here"):
        profile(str(workshop / "net.onnx"), workshop / "costs.json", target=TARGET)
