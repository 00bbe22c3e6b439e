"""Energy of one inference: the board idles, then runs the benchmark, while one shell loop samples.

Sampling costs time, so this is a run of its own, never the one whose latency is reported. Sampler
and benchmark share the board's clock (CLOCK_BOOTTIME, as /proc/uptime shows it), so the samples
that fall into the timed part are known exactly. Idle power is measured before and subtracted; both
figures are kept. Integration is by trapezoids, or by the difference of a counter.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgec import registry
from edgec.deploy.transport import Transport
from edgec.errors import MeasureError
from edgec.measure.reader import EnergyReader, Sample, Sensor

READERS = "edgec.measure.energy"
LEAST_SAMPLES = 10


@dataclass(frozen=True)
class Energy:
    """Joules of one inference, or the reason why they were not measured."""

    measured: bool
    reason: str = ""
    source: str = ""
    scope: str = ""
    sample_hz: float = 0.0
    samples: int = 0
    idle_w: float = 0.0
    active_w: float = 0.0
    gross_j_per_inference: float = 0.0
    net_j_per_inference: float = 0.0  # idle power subtracted


def find_sensor(transport: Transport, readers: Sequence[str], root: str = "/") -> Sensor | str:
    """The first sensor of `readers` that the board has, or why there is none."""
    if not readers:
        return "the target names no energy reader: this board cannot measure its own power"
    reasons = []
    for name in readers:
        found = _reader(name).find(transport, root)
        if isinstance(found, Sensor):
            return found
        reasons.append(f"{name}: {found}")
    return "; ".join(reasons)


def _reader(name: str) -> EnergyReader:
    reader: EnergyReader = registry.load(READERS, name, "energy reader")
    return reader


def measure_energy(transport: Transport, sensor: Sensor, bench: Sequence[str],
                   idle_s: float = 3.0, timeout_s: float = 300.0) -> Energy:
    """Runs `bench` (an edgec-bench command line) on the board while sampling `sensor`."""
    script = sampling_script(sensor, bench, idle_s)
    done = transport.run(["sh", "-c", script], timeout_s=timeout_s)
    text = done.stdout.decode(errors="replace")
    if done.exit_code != 0:
        raise MeasureError(f"The energy run on {transport.where} failed with exit code "
                           f"{done.exit_code}: {done.stderr.decode(errors='replace').strip()}")
    return evaluate(sensor, text)


def sampling_script(sensor: Sensor, bench: Sequence[str], idle_s: float) -> str:
    """Shell: samples while idle, then while `bench` runs; prints all samples, then bench's JSON."""
    return f"""
tick() {{ read up rest < /proc/uptime; echo "@ $up"; {sensor.snippet}; }} 2>/dev/null
i=0; while [ $i -lt {max(2, round(idle_s / sensor.interval_s))} ]; do
  tick; sleep {sensor.interval_s:g}; i=$((i+1)); done
echo "# load"
out=$(mktemp) || exit 1
trap 'rm -f "$out"; kill $pid 2>/dev/null' EXIT
{shlex.join(bench)} > "$out" & pid=$!
while kill -0 $pid 2>/dev/null; do tick; sleep {sensor.interval_s:g}; done
wait $pid || exit $?
echo "# bench"; cat "$out"
"""


def evaluate(sensor: Sensor, text: str) -> Energy:
    """Energy from the script's output; pure."""
    samples_text, _, bench_text = text.partition("# bench\n")
    idle_text, _, load_text = samples_text.partition("# load\n")
    try:
        bench = json.loads(bench_text)
        start, end = (t / 1e9 for t in bench["timed_boottime_ns"])
        count = len(bench["samples_ns"])
    except (ValueError, KeyError, TypeError) as error:
        raise MeasureError(f"edgec-bench printed something that is not its JSON: {error}") from None
    _, idle = power_curve(sensor, idle_text)
    times, power = power_curve(sensor, load_text)
    inside = int(((times >= start) & (times <= end)).sum())
    if min(inside, len(idle)) < LEAST_SAMPLES:
        return Energy(False, f"only {inside} samples during and {len(idle)} before the run; "
                      f"{LEAST_SAMPLES} of each are needed", sensor.source)
    idle_w, seconds = float(idle.mean()), end - start
    joules = _integral(times, power, start, end)
    return Energy(
        True, source=sensor.source, scope=sensor.scope, sample_hz=inside / seconds,
        samples=inside, idle_w=idle_w, active_w=joules / seconds,
        gross_j_per_inference=joules / count,
        net_j_per_inference=(joules - idle_w * seconds) / count)


def power_curve(sensor: Sensor, text: str) -> tuple[Any, Any]:
    """Times (s, boot clock) and watts from the sampler's text; counters are differentiated."""
    times: list[float] = []
    samples: list[Sample] = []
    reader = _reader(sensor.reader)
    for block in text.split("@ ")[1:]:
        stamp, _, body = block.partition("\n")
        sample = reader.parse(body)
        if sample is not None:
            times.append(float(stamp))
            samples.append(sample)
    t = np.array(times, np.float64)
    if samples and samples[0].watts is not None:
        return t, np.array([s.watts for s in samples], np.float64)
    joules = np.array([s.joules for s in samples], np.float64)
    steps = np.diff(joules)
    if sensor.wraps_at_joules:
        steps = np.where(steps < 0, steps + sensor.wraps_at_joules, steps)
    spans = np.diff(t)
    kept = spans > 0
    return (t[1:][kept] + t[:-1][kept]) / 2, steps[kept] / spans[kept]


def _integral(times: Any, power: Any, start: float, end: float) -> float:
    """Joules between start and end: trapezoids, the ends interpolated."""
    inner = (times > start) & (times < end)
    t = np.concatenate([[start], times[inner], [end]])
    return float(np.trapezoid(np.interp(t, times, power), t))
