"""What state the board is in: governor, clocks, temperatures, throttling.

Read before and after a run. One shell script reads everything in one round trip; a pure parser
turns its output into BoardState. All paths start at `root`, so that tests (and users
who file a bug) can point it to a recorded tree.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from edgec.deploy.transport import Transport
from edgec.errors import MeasureError

# Raspberry Pi firmware, `vcgencmd get_throttled`: bits 0-3 say what is so now, 16-19 what has
# been since boot.
THROTTLE_BITS = {0: "under-voltage", 1: "ARM frequency capped", 2: "throttled",
                 3: "soft temperature limit"}


@dataclass(frozen=True)
class BoardState:
    """A snapshot. Clocks in kHz, temperatures in °C, by policy and by zone; empty where unknown."""

    governors: Mapping[str, str]
    clocks_khz: Mapping[str, int]
    max_clocks_khz: Mapping[str, int]
    temperatures_c: Mapping[str, float]
    throttled: int | None  # the firmware's bits, None where there is no such firmware
    throttle_events: Mapping[str, int]  # counters that only grow (x86 core, Jetson over-current)
    load_average: float | None


def read_state(transport: Transport, root: str = "/", timeout_s: float = 20) -> BoardState:
    """Reads the board's state over `transport`."""
    done = transport.run(["sh", "-c", _script(root)], timeout_s=timeout_s)
    if done.exit_code != 0:
        raise MeasureError(f"Reading the state of {transport.where} failed with exit code "
                           f"{done.exit_code}: {done.stderr.decode(errors='replace').strip()}. "
                           "A POSIX shell with cat is needed there.")
    return parse_state(done.stdout.decode(errors="replace"))


def tool_path(root: str, name: str) -> str:
    """The command for a firmware tool: from PATH on a board, from the tree of a recorded one."""
    return name if root == "/" else f"{root.rstrip('/')}/usr/bin/{name}"


def _script(root: str) -> str:
    top = shlex.quote(root.rstrip("/"))
    vcgencmd = shlex.quote(tool_path(root, "vcgencmd"))
    return f"""
show() {{ [ -r "$1" ] && printf '%s=%s\\n' "${{1#"$top"}}" "$(cat "$1" 2>/dev/null)"; }}
top={top}
for f in "$top"/sys/devices/system/cpu/cpufreq/policy*/scaling_governor \
         "$top"/sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq \
         "$top"/sys/devices/system/cpu/cpufreq/policy*/scaling_max_freq \
         "$top"/sys/class/thermal/thermal_zone*/type "$top"/sys/class/thermal/thermal_zone*/temp \
         "$top"/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count \
         "$top"/sys/class/hwmon/hwmon*/oc*_event_cnt \
         "$top"/sys/devices/platform/soc/soc:firmware/get_throttled "$top"/proc/loadavg
do show "$f"; done
command -v {vcgencmd} >/dev/null 2>&1 && {vcgencmd} get_throttled 2>/dev/null
exit 0
"""


def parse_state(text: str) -> BoardState:
    """BoardState from the script's lines `path=value`; lines that make no sense are left out."""
    values = dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line)
    governors: dict[str, str] = {}
    clocks: dict[str, int] = {}
    highest: dict[str, int] = {}
    temperatures: dict[str, float] = {}
    events: dict[str, int] = {}
    for path, value in values.items():
        parts = path.split("/")
        if path.endswith("scaling_governor"):
            governors[parts[-2]] = value
        elif path.endswith("scaling_cur_freq") and value.isdigit():
            clocks[parts[-2]] = int(value)
        elif path.endswith("scaling_max_freq") and value.isdigit():
            highest[parts[-2]] = int(value)
        elif path.endswith("/temp") and value.lstrip("-").isdigit():
            zone = values.get(path.removesuffix("temp") + "type", parts[-2])
            temperatures[f"{parts[-2]} {zone}"] = int(value) / 1000.0
        elif path.endswith(("core_throttle_count", "_event_cnt")) and value.isdigit():
            events["/".join(parts[-3:])] = int(value)
    load = values.get("/proc/loadavg", "").split(" ")[0]
    return BoardState(governors, clocks, highest, temperatures, _throttled(values), events,
                      float(load) if load.replace(".", "", 1).isdigit() else None)


def _throttled(values: Mapping[str, str]) -> int | None:
    text = values.get("throttled") or next(
        (v for p, v in values.items() if p.endswith("get_throttled")), None)
    if text is None:
        return None
    try:
        return int(text, 16)
    except ValueError:
        return None


def invalid_reasons(before: BoardState, after: BoardState) -> list[str]:
    """Why a run between the two snapshots must not be quoted; empty when it may."""
    reasons = []
    if before.throttled is not None and after.throttled is not None:
        for bit, meaning in THROTTLE_BITS.items():
            if (before.throttled | after.throttled) >> bit & 1:
                reasons.append(f"firmware reports {meaning}")
            elif (after.throttled & ~before.throttled) >> (bit + 16) & 1:
                reasons.append(f"firmware reports {meaning} during the run")
    for name, count in after.throttle_events.items():
        if count > before.throttle_events.get(name, count):
            reasons.append(f"{name} grew by {count - before.throttle_events[name]}")
    return reasons


def remarks(before: BoardState, after: BoardState, cores: int | None = None) -> list[str]:
    """What a reader of the numbers should know, without making them invalid."""
    notes = [f"{policy} runs the {governor} governor; clocks can change during a run"
             for policy, governor in after.governors.items() if governor != "performance"]
    if not after.governors:
        notes.append("no cpufreq tree: governor and clock are unknown")
    if not after.temperatures_c:
        notes.append("no thermal zones: temperature is unknown")
    if before.load_average is not None and before.load_average > 0.5 * (cores or 1):
        notes.append(f"the board was busy before the run (load average {before.load_average:g})")
    return notes
