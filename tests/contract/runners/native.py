"""Runs .edgec files through edgec-run: here on every instruction set, and on emulated ARM."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edgec.errors import BuildError
from edgec.lower.graph import Array
from edgec.target.target import ISAS
from edgec.target.toolchain import build_engine, emulator, host_triple
from tests.contract.runners import Runner

ARM_CORES = ("cortex-a53", "cortex-a72", "cortex-a76")
HERE = host_triple()
TIMEOUT_S = 120


@cache
def engine(triple: str) -> Path | str:
    """The built edgec-run, or why there is none."""
    try:
        return build_engine(triple).run
    except BuildError as error:
        return str(error)


@cache
def prefix(triple: str) -> tuple[str, ...] | str:
    """The emulator for a triple, or why there is none."""
    try:
        return emulator(triple)
    except BuildError as error:
        return str(error)


@cache
def isas() -> tuple[str, ...]:
    """The instruction sets that this CPU has."""
    listing = subprocess.run([str(engine(HERE)), "--list-isa"], capture_output=True, text=True,
                             check=True, timeout=TIMEOUT_S)
    return tuple(listing.stdout.split())


def program(variant: str) -> tuple[list[str], list[str]]:
    """What to put before and after the model's path; skips when this machine cannot do it."""
    triple = "aarch64" if variant in ARM_CORES else HERE
    run, before = engine(triple), prefix(triple)
    for problem in (run, before):
        if isinstance(problem, str):
            pytest.skip(problem)
    if variant in ARM_CORES:
        if not before:
            pytest.skip("this machine is an ARM board itself: its own instruction sets are tested")
        return [*before, "-cpu", variant, str(run)], []
    if variant not in isas():
        pytest.skip(f"this CPU lacks {variant}")
    return [str(run)], ["--isa", variant]


def run(artifact: Path, inputs: Sequence[Array], variant: str) -> list[Array]:
    """The outputs; an assertion with edgec-run's message when it fails."""
    command, options = program(variant)
    folder = artifact.parent
    for i, values in enumerate(inputs):
        np.save(folder / f"input_{i}.npy", values)
        options += ["--input", str(folder / f"input_{i}.npy")]
    count = output_count(artifact)
    for i in range(count):
        options += ["--output", str(folder / f"output_{i}.npy")]
    done = subprocess.run([*command, str(artifact), *options, "--threads", "2"],
                          capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    return [np.load(folder / f"output_{i}.npy") for i in range(count)]


def output_count(artifact: Path) -> int:
    """From the header."""
    return int.from_bytes(artifact.read_bytes()[38:40], "little")


PLUGIN = Runner(("portable", *ISAS.get(HERE, ()), *ARM_CORES), run)
