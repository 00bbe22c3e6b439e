from dataclasses import replace
from pathlib import Path

import pytest

from edgec.measure.state import invalid_reasons, parse_state, read_state, remarks

COOL = parse_state("throttled=0x0\n/proc/loadavg=0.01 0.0 0.0 1/1 1\n")


def test_state_of_recorded_raspberry_pi_is_read(shell, recorded: Path) -> None:
    state = read_state(shell, str(recorded / "raspberry_pi_5"))
    assert state.governors == {"policy0": "ondemand"}
    assert state.clocks_khz == {"policy0": 1500000}
    assert state.max_clocks_khz == {"policy0": 2400000}
    assert state.temperatures_c == {"thermal_zone0 cpu-thermal": 48.25}
    assert state.throttled == 0
    assert state.load_average == 0.05


def test_state_of_a_machine_without_sensors_is_empty_not_an_error(shell, tmp_path: Path) -> None:
    state = read_state(shell, str(tmp_path))
    assert (state.governors, state.temperatures_c, state.throttled) == ({}, {}, None)


@pytest.mark.parametrize("line", ["throttled=zebra", "=", "a=b=c", "/x/temp=hot",
                                  "/p/scaling_cur_freq=-1", "\x00=\xff"])
def test_state_line_that_makes_no_sense_is_left_out(line: str) -> None:
    state = parse_state(line + "\n/policy0/scaling_governor=powersave\n")
    assert state.governors == {"policy0": "powersave"}


@pytest.mark.parametrize(("before", "after", "expected"), [
    (0x0, 0x0, []),
    (0x50000, 0x50000, []),  # happened before the run, not during it
    (0x0, 0x4, ["firmware reports throttled"]),
    (0x1, 0x0, ["firmware reports under-voltage"]),
    (0x0, 0x20000, ["firmware reports ARM frequency capped during the run"]),
    (0x0, 0x80008, ["firmware reports soft temperature limit"]),
])
def test_throttle_bits_make_a_run_invalid(before: int, after: int, expected: list[str]) -> None:
    states = (replace(COOL, throttled=before), replace(COOL, throttled=after))
    assert invalid_reasons(*states) == expected


def test_throttle_counter_that_grew_makes_a_run_invalid(shell, recorded: Path) -> None:
    before = read_state(shell, str(recorded / "x86_rapl"))
    name = "cpu0/thermal_throttle/core_throttle_count"
    assert before.throttle_events == {name: 3}
    after = replace(before, throttle_events={name: 5})
    assert invalid_reasons(before, before) == []
    assert invalid_reasons(before, after) == [f"{name} grew by 2"]


def test_governor_that_can_change_clocks_is_remarked(shell, recorded: Path) -> None:
    state = read_state(shell, str(recorded / "raspberry_pi_5"))
    assert remarks(state, state) == [
        "policy0 runs the ondemand governor; clocks can change during a run"]


def test_busy_board_is_remarked() -> None:
    busy = replace(COOL, load_average=3.0)
    assert "the board was busy before the run (load average 3)" in remarks(busy, COOL, cores=4)
