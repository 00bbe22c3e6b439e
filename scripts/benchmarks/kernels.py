"""`scripts/bench kernels`: every kernel of this machine at typical shapes."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.command import Command
from benchmarks.machine import machine, machine_peak
from benchmarks.table import table, write_json
from edgec.errors import BuildError
from edgec.target.toolchain import build_engine, source_folder

SCHEMA = "edgec-bench-kernels/1"


def build() -> Path:
    """The program kernel_bench, in the folder of scripts/test-cpp host; BuildError if it cannot."""
    source = source_folder()
    folder = source / "build" / "test-host"
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    for command in (
            ["cmake", "-S", str(source), "-B", str(folder), *generator, "-DEDGEC_TESTS=ON",
             "-DEDGEC_WERROR=ON"],
            ["cmake", "--build", str(folder), "--parallel", str(os.cpu_count() or 1), "--target",
             "kernel_bench"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return folder / "tests" / "cpp" / "kernel_bench"


def measure(program: Path, wanted: str) -> list[dict[str, Any]]:
    """One row per kernel and shape, as the program prints them, with its rates."""
    done = subprocess.run([str(program), wanted], capture_output=True, text=True, check=True)
    return [rated(json.loads(line)) for line in done.stdout.splitlines()]


def rated(row: dict[str, Any]) -> dict[str, Any]:
    """Adds multiply-adds and bytes per nanosecond, which are 10^9 per second."""
    return {**row, "gmac_per_s": row["macs"] / row["ns"], "gb_per_s": row["bytes"] / row["ns"]}


def add_share_of_peak(rows: Sequence[dict[str, Any]], bench: Path) -> None:
    """Of the peak of the kernel's own instruction set, for kernels that multiply."""
    peaks: dict[str, dict[str, Any]] = {}
    for row in rows:
        isa = row["kernel"].rsplit("_", 1)[-1]
        if isa not in peaks:
            peaks[isa] = machine_peak(bench, isa=isa)
        kind = "s8_gmac_per_s" if "_s8" in row["kernel"] else "f32_gmac_per_s"
        row["of_peak"] = row["gmac_per_s"] / peaks[isa][kind] if row["macs"] else None


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """The table, kernels of one shape side by side."""
    head = ["shape", "kernel", "us", "GMAC/s", "of peak", "GB/s"]
    return table(head, [
        [r["shape"], r["kernel"], f"{r['ns'] / 1e3:.2f}",
         f"{r['gmac_per_s']:.1f}" if r["macs"] else "",
         f"{r['of_peak']:.0%}" if r["macs"] else "", f"{r['gb_per_s']:.1f}"]
        for r in rows], left=2)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("wanted", nargs="?", default="", metavar="NAME",
                        help="only kernels whose name contains this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes everything as JSON")


def _run(arguments: argparse.Namespace) -> None:
    rows = measure(build(), arguments.wanted)
    add_share_of_peak(rows, build_engine().bench)
    print(shown(rows))
    write_json(arguments.json, {"schema": SCHEMA, "machine": machine(), "rows": rows})


COMMAND = Command(
    "kernels", "Times every kernel that this machine can run, at typical shapes.",
    "Data in the first caches, one thread, the fastest of many calls: what an op could reach at "
    "best. `of peak` is the share of what the kernel's instruction set does in registers.",
    _add_arguments, _run)
