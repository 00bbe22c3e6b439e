"""Runs .tflite files through the tflite backend's own run program: LiteRT with XNNPACK."""

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
from tests.contract.op_cases import Case
from tests.contract.runners import Runner

TIMEOUT_S = 120
# Ops that LiteRT rounds in another way: README.md of the backend says how.
ROUNDED_OTHERWISE = frozenset({
    "average_pool2d", "batch_matmul", "lut", "mean", "resize", "softmax"})
WHOLE_RANGE = 2**64  # LiteRT leaves open which number a NaN becomes; test_tflite.py has the rest


def run(artifact: Path, inputs: Sequence[Array], variant: str) -> list[Array]:
    """The outputs; `variant` is a number of threads."""
    if find_spec("ai_edge_litert") is None:
        pytest.skip("ai-edge-litert is not installed")
    folder = artifact.parent
    options = ["--threads", variant.removeprefix("threads_")]
    for i, values in enumerate(inputs):
        np.save(folder / f"input_{i}.npy", values)
        options += ["--input", str(folder / f"input_{i}.npy")]
    made = [folder / f"output_{i}.npy" for i in range(output_count(artifact))]
    options += [word for path in made for word in ("--output", str(path))]
    done = subprocess.run([*load_backend("tflite").host_programs().run, str(artifact), *options],
                          capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert (done.returncode, done.stderr) == (0, "")
    return [np.load(path) for path in made]


def output_count(artifact: Path) -> int:
    """Of the model: those of all segments, where it has early exits."""
    info = subprocess.run([*load_backend("tflite").host_programs().run, str(artifact), "--info"],
                          capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    return len(json.loads(info.stdout)["outputs"])


def allowed(case: Case) -> int:
    """One step where LiteRT rounds in another way."""
    if any(np.isnan(v).any() for v in case.inputs.values() if v.dtype == np.float32):
        return WHOLE_RANGE
    return 1 if case.op in ROUNDED_OTHERWISE else 0


PLUGIN = Runner(("threads_1", "threads_2"), run, allowed)
