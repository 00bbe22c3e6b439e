"""tests/cpp/judge_model.cc: a model's bytes on every instruction set, 1 to 3 threads, guard pages.

Built where scripts/test-cpp builds the engine's tests.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from edgec.errors import BuildError
from edgec.lower.graph import Array
from edgec.target.toolchain import emulator, host_triple
from tests.contract.random_graphs import Model

HERE = "host"
ARM_CORES = ("cortex-a53", "cortex-a72", "cortex-a76", "max")
MACHINES = (HERE, *ARM_CORES)
TIMEOUT_S = 120
_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "test-cpp"


@cache
def _program(build: str) -> str:
    """The program's path, or why there is none."""
    done = subprocess.run([str(_SCRIPT), f"judge-{build}"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def command(machine: str) -> list[str]:
    """How to start the judge as an emulated core or here; skips when this machine cannot."""
    if machine == HERE:
        return [_program(HERE)]
    if host_triple() == "aarch64":
        pytest.skip("this machine is an ARM board itself: its own instruction sets are tested")
    try:
        before = emulator("aarch64")
    except BuildError as error:
        pytest.skip(str(error))
    program = _program("aarch64")
    if not os.access(program, os.X_OK):
        pytest.skip(program)
    return [*before, "-L", "/usr/aarch64-linux-gnu", "-cpu", machine, program]


def judge(machine: str, folder: Path, file: bytes, model: Model, expected: Mapping[str, Array]
          ) -> str:
    """What is wrong with `file`, in one line; empty when every byte is right.

    The files that the judge read stay in `folder`.
    """
    files = [folder / name for name in ("model.edgec", "inputs", "expected")]
    files[0].write_bytes(file)
    files[1].write_bytes(b"".join(model.inputs[name].tobytes() for name in model.graph.inputs))
    files[2].write_bytes(b"".join(expected[name].tobytes() for name in model.graph.outputs))
    done = subprocess.run([*command(machine), *map(str, files)], capture_output=True, text=True,
                          check=False, timeout=TIMEOUT_S)
    if done.returncode == 0:
        return ""
    return done.stderr.strip() + ("" if done.returncode == 1 else f" (exit {done.returncode})")
