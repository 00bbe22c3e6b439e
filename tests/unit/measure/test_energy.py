import json
import sys
from pathlib import Path

import pytest

from edgec import registry
from edgec.measure.power import (
    READERS,
    evaluate,
    find_sensor,
    measure_energy,
    power_curve,
    sampling_script,
)
from edgec.measure.reader import Sensor

WATTS = Sensor("ina3221", "test", "all", "echo 2000", 0.02)


def bench_json(start_s: float, end_s: float, count: int) -> str:
    return json.dumps({"timed_boottime_ns": [int(start_s * 1e9), int(end_s * 1e9)],
                       "samples_ns": [1000] * count, "warmup_iterations": 0, "load_ns": 0,
                       "first_ns": 0})


@pytest.mark.parametrize(("tree", "reader", "watts"), [
    # sum over the rails with both values, e.g. VDD_CORE 0.836 A x 0.72 V; EXT5V has no current
    ("raspberry_pi_5", "rpi5_pmic", 2.10128), ("jetson_orin_jetpack5", "ina3221", 5.023872),
    ("jetson_nano_jetpack4", "ina3221", 2.219)])
def test_reader_on_recorded_tree_gives_its_power(shell, recorded: Path, tree: str, reader: str,
                                                 watts: float) -> None:
    sensor = find_sensor(shell, [reader], str(recorded / tree))
    assert isinstance(sensor, Sensor)
    printed = shell.run(["sh", "-c", sensor.snippet], 5).stdout.decode()
    sample = registry.load(READERS, reader, "energy reader").parse(printed)
    assert sample.watts == pytest.approx(watts, abs=5e-4)


def test_rapl_on_recorded_tree_gives_package_joules(shell, recorded: Path) -> None:
    sensor = find_sensor(shell, ["rapl"], str(recorded / "x86_rapl"))
    assert isinstance(sensor, Sensor)
    assert sensor.wraps_at_joules == pytest.approx(262143.32885)
    printed = shell.run(["sh", "-c", sensor.snippet], 5).stdout.decode()
    assert registry.load(READERS, "rapl", "reader").parse(printed).joules == 123456.789012


@pytest.mark.parametrize("reader", registry.names(READERS))
def test_reader_without_its_sensor_says_why_in_a_sentence(shell, tmp_path: Path,
                                                          reader: str) -> None:
    found = find_sensor(shell, [reader], str(tmp_path))
    assert isinstance(found, str)
    assert found.startswith(f"{reader}: ")
    assert len(found.split()) > 4


@pytest.mark.parametrize("reader", registry.names(READERS))
@pytest.mark.parametrize("text", ["", "garbage", "1 2 3", "error=1 error_msg=\"x\"", "\xff\x00"])
def test_reader_given_text_that_is_no_sample_gives_none(reader: str, text: str) -> None:
    assert registry.load(READERS, reader, "reader").parse(text) is None


def test_board_without_readers_says_it_cannot_measure(shell) -> None:
    assert "cannot measure its own power" in str(find_sensor(shell, []))


def test_energy_of_constant_power_above_idle_is_exact() -> None:
    # idle 2 W until t=10, then 5 W: 3 W net for 4 s over 100 inferences
    idle, load = (
        "".join(f"@ {t / 10}\n{milliwatts}\n" for t in ticks)
        for ticks, milliwatts in ((range(100), 2000), (range(100, 160), 5000)))
    text = idle + "# load\n" + load + "# bench\n" + bench_json(11, 15, 100)
    energy = evaluate(WATTS, text)
    assert energy.measured
    assert energy.idle_w == pytest.approx(2.0, abs=1e-9)
    assert energy.active_w == pytest.approx(5.0)
    assert energy.gross_j_per_inference == pytest.approx(0.2)
    assert energy.net_j_per_inference == pytest.approx(0.12)


def test_energy_counter_that_wraps_gives_the_power_through_the_wrap() -> None:
    sensor = Sensor("rapl", "test", "package", "", 0.1, wraps_at_joules=100.0)
    text = "".join(f"@ {t}\n{int((t * 7 + 90) % 100 * 1e6)}\n" for t in range(20))
    _, power = power_curve(sensor, text)
    assert power == pytest.approx([7.0] * 19)


def test_energy_with_too_few_samples_is_not_measured() -> None:
    text = "@ 1\n2000\n# load\n@ 2\n2000\n# bench\n" + bench_json(1.5, 1.9, 10)
    energy = evaluate(WATTS, text)
    assert not energy.measured
    assert "10 of each are needed" in energy.reason


def test_sampling_script_runs_benchmark_beside_the_sampler(shell) -> None:
    program = ("import time,json; c=time.CLOCK_BOOTTIME; time.sleep(.2);"
               "a=time.clock_gettime_ns(c);"
               "time.sleep(1); b=time.clock_gettime_ns(c);"
               "print(json.dumps(dict(timed_boottime_ns=[a,b],samples_ns=[10**7]*100,"
               "warmup_iterations=0,load_ns=0,first_ns=0)))")
    energy = measure_energy(shell, WATTS, [sys.executable, "-c", program], idle_s=2.0)
    assert energy.measured, energy.reason
    assert energy.idle_w == pytest.approx(2.0)
    assert energy.net_j_per_inference == pytest.approx(0.0, abs=1e-9)


def test_sampling_script_gives_back_the_benchmarks_exit_code(shell) -> None:
    script = sampling_script(WATTS, ["sh", "-c", "exit 7"], idle_s=0.05)
    assert shell.run(["sh", "-c", script], 10).exit_code == 7
