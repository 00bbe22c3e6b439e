"""Runs Vela, Arm's compiler for Ethos-U, in a process of its own and a folder of its own.

It may end by a signal on a model that it does not like; all that it says comes from its console and
two CSV files, which are checked before they are believed.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from edgec.errors import LoweringError, MissingExtra
from edgec.lower.backend import COMPILE_TIMEOUT_S
from edgec.target.target import Npu

PACKAGE = "ethos-u-vela"
FILE_IDENTIFIER = b"TFL3"
_LAST_LINES = 8
_SUMMARY = ("cycles_total", "cycles_npu", "inferences_per_second", "sram_memory_used",
            "dram_memory_used", "on_chip_flash_memory_used", "off_chip_flash_memory_used",
            "core_clock", "nn_macs")
_LAYERS = ("Name", "Target", "Original Operator", "NNG Operator", "Op Cycles", "MAC Count")


@dataclass(frozen=True)
class Found:
    """What Vela made: the model, its summary, its table of layers, its console."""

    model: bytes
    summary: dict[str, float]
    layers: tuple[dict[str, str], ...]
    console: str
    version: str


def run(tflite: bytes, npu: Npu, program: Sequence[str] = (),
        timeout_s: float = COMPILE_TIMEOUT_S) -> Found:
    """Compiles a .tflite file; `program`: the words that start Vela, if not the installed package.

    MissingExtra without the package; LoweringError with Vela's last lines when it fails, ends by a
    signal, takes too long, or writes something else than it should.
    """
    if not program:
        if importlib.util.find_spec("ethosu") is None:
            raise MissingExtra(PACKAGE, "npu", "Compiling for an Ethos-U")
        program = (sys.executable, "-m", "ethosu.vela")
    with tempfile.TemporaryDirectory(prefix="edgec-vela-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(tflite)
        words = [*program, "model.tflite", "--output-dir", "out",
                 "--accelerator-config", npu.accelerator, "--config", npu.config_file,
                 "--system-config", npu.system_config, "--memory-mode", npu.memory_mode,
                 "--verbose-performance", "--show-cpu-operations"]
        console = _call(words, folder, timeout_s)
        return _read(folder / "out", npu, console)


def _call(words: Sequence[str], folder: Path, timeout_s: float) -> str:
    try:
        done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=timeout_s, check=False,
                              env={**os.environ, "LC_ALL": "C", "PYTHONHASHSEED": "0"})
    except subprocess.TimeoutExpired:
        raise LoweringError(f"Vela took more than {timeout_s:g} s and was ended. Give it more time "
                            "with --compile-timeout, or try a smaller model.") from None
    except OSError as error:
        raise LoweringError(f"Vela cannot be started: {words[0]}: {error.strerror}.") from None
    console = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        how = (f"was ended by signal {-done.returncode}" if done.returncode < 0
               else f"ended with exit code {done.returncode}")
        raise _failure(f"Vela {how}", console)
    return console


def _read(folder: Path, npu: Npu, console: str) -> Found:
    """The files that a run must have left; LoweringError when one is missing or malformed."""
    try:
        model = (folder / "model_vela.tflite").read_bytes()
        (summary,) = _rows(folder / f"model_summary_{npu.system_config}.csv", _SUMMARY)
        layers = _rows(folder / "model_per-layer.csv", _LAYERS)
        numbers = {key: float(summary[key]) for key in _SUMMARY}
        for row in layers:
            int(row["Op Cycles"]), int(row["MAC Count"])
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise _failure(f"Vela ended well but left no result that can be read ({error})",
                       console) from None
    if model[4:8] != FILE_IDENTIFIER:
        raise _failure("Vela wrote a model that is not a .tflite file", console)
    return Found(model, numbers, tuple(layers), console, f"{PACKAGE} {version(PACKAGE)}")


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if any(row.get(column) is None for row in rows for column in columns):
        raise ValueError(f"{path.name} lacks one of the columns {', '.join(columns)}")
    return rows


def _failure(what: str, console: str) -> LoweringError:
    lines = [line for line in console.splitlines() if line.strip()][-_LAST_LINES:]
    said = "\n".join(f"  {line[:300]}" for line in lines) or "  nothing"
    return LoweringError(f"{what}. Its last lines:\n{said}\nCheck the [npu] table of the target; "
                         "if that is right, the model meets a fault of Vela: lower it for another "
                         "backend, or leave out the layer it names.")
