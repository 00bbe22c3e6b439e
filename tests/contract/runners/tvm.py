"""Runs the tvm backend's modules through edgec-run: here, and where possible on emulated ARM."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edgec.lower.backend import load_backend
from edgec.lower.graph import Array
from tests.contract.runners import Runner

TIMEOUT_S = 120


def run(artifact: Path, inputs: Sequence[Array], variant: str) -> list[Array]:
    """The outputs; `variant` is a number of threads."""
    if find_spec("tvm") is None:
        pytest.skip("apache-tvm is not installed")
    folder = artifact.parent
    program = load_backend("tvm").host_programs().run
    options = ["--threads", variant.removeprefix("threads_")]
    for i, values in enumerate(inputs):
        np.save(folder / f"input_{i}.npy", values)
        options += ["--input", str(folder / f"input_{i}.npy")]
    made = [folder / f"output_{i}.npy" for i in range(output_count(program, artifact))]
    options += [word for path in made for word in ("--output", str(path))]
    done = subprocess.run([*program, str(artifact), *options], capture_output=True, text=True,
                          check=False, timeout=TIMEOUT_S)
    assert (done.returncode, done.stderr) == (0, "")
    return [np.load(path) for path in made]


def output_count(program: Sequence[str], artifact: Path) -> int:
    """As edgec-run says it."""
    said = subprocess.run([*program, str(artifact), "--info"], capture_output=True, text=True,
                          check=True, timeout=TIMEOUT_S)
    return len(json.loads(said.stdout)["outputs"])


PLUGIN = Runner(("threads_1", "threads_2"), run)
