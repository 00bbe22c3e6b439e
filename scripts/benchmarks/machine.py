"""The machine that the benchmarks run on: what it is, and what it could do at most."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contestant import launched


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "")
    return {"cpu": model or platform.machine(), "cores": os.cpu_count(),
            "load_average": os.getloadavg(), "kernel": platform.release()}


def load_remark(cpus: Sequence[int]) -> str:
    """What the machine's load means for the numbers."""
    load = os.getloadavg()[0]
    busy = load > len(cpus) + 0.5
    return (f"load average {load:.1f} on {os.cpu_count()} processors" + (
        ": others were at work; trust ratios of CPU time, and no wall times" if busy else ""))


def machine_peak(bench: Path, cpus: Sequence[int] = (), isa: str = "") -> dict[str, Any]:
    """The roofline of one core now, by edgec-bench --roofline: on the first of `cpus` if given."""
    command = [*(launched(cpus[:1], True) if cpus else []), str(bench), "--roofline",
               *(["--isa", isa] if isa else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["roofline"]
    return found


def best_target() -> str:
    """The name of the target that fits this machine best, for the lowering."""
    flags = Path("/proc/cpuinfo").read_text()
    if platform.machine() == "x86_64":
        if "avx512_vnni" in flags:
            return "generic_x86_64_avx512vnni"
        return "generic_x86_64_avxvnni" if "avx_vnni" in flags else "generic_x86_64"
    return "raspberry_pi_5" if "asimddp" in flags else "raspberry_pi_4"
