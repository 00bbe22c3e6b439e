"""Energy beside latency on a board over a real sshd: with a recorded sensor, and without any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.transport import open_transport
from edgec.format.bundle import read_bundle
from edgec.measure.bench import BenchOptions, Measurement, Program, measure
from edgec.measure.report import render
from edgec.measure.results import BoardIdentity, record
from tests.unit.deploy.boards_here import board_here
from tests.unit.deploy.releases import engine_programs, make_bundle

SENSORS = Path(__file__).parents[1] / "cases" / "sensors"
OPTIONS = BenchOptions(0.05, 1.5, 10, 300, profile=False, idle_s=1.5)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with board_here("ssh", tmp_path_factory.mktemp("energy") / "board") as made:
        yield made


def measured(board: Board, bundle: Path, readers: list[str], root: str) -> Measurement:
    program = Program((str(next(p for p in engine_programs() if p.name == "edgec-bench")),),
                      str(bundle / "model.edgec"))
    with open_transport(board) as transport:
        return measure(transport, program, OPTIONS, readers, root)


def report(bundle: Path, found: Measurement) -> str:
    return render([record(read_bundle(bundle), BoardIdentity("line3", "loopback"), found)])


def test_energy_of_a_recorded_sensor_is_in_the_report_with_its_source(
        board: Board, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "model")
    found = measured(board, bundle, ["ina3221"], str(SENSORS / "jetson_orin_jetpack5"))
    assert found.energy.measured, found.energy.reason
    assert found.energy.active_w == pytest.approx(5.023872, abs=1e-3)
    html = report(bundle, found)
    assert "mJ gross" in html
    assert "5.02 W, idle 5.02 W; INA3221 " in html


def test_without_a_sensor_the_report_says_not_measured_and_why(board: Board,
                                                               tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "model")
    (tmp_path / "bare").mkdir()
    html = report(bundle, measured(board, bundle, ["ina3221"], str(tmp_path / "bare")))
    assert "not measured: ina3221: " in html
    assert "mJ" not in html
