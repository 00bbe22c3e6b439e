"""Bundles and engine programs for the tests of deploy: small, real, made where they are used."""

from __future__ import annotations

import platform
import struct
from functools import cache
from pathlib import Path

import numpy as np

from edgec.format.bundle import BundleContents, Port, write_bundle
from edgec.format.plan_file import NodeRecord, PlanFile, TensorRecord
from edgec.format.writer import write

TARGET = {"x86_64": "generic_x86_64", "aarch64": "raspberry_pi_3"}[platform.machine()]
TRIPLE = platform.machine()
ELF_MACHINES = {"x86_64": 62, "aarch64": 183, "armv7": 40}


def make_bundle(path: Path, *, wrong: bool = False, backend: str = "native", triple: str = TRIPLE,
                count: int = 64, seed: int = 0) -> Path:
    """A model y = relu(x) with golden vectors; `wrong` ones, of another function, if asked."""
    x = np.random.default_rng(seed).normal(size=(1, count)).astype(np.float32)
    y = np.maximum(x, 0) + np.float32(1 if wrong else 0)
    port = [Port(name, "f32", (1, count)) for name in "xy"]
    tensors = (TensorRecord("x", "f32", (1, count)),
               TensorRecord("y", "f32", (1, count), offset=-(-4 * count // 64) * 64))
    plan = PlanFile(path.name, "test", TARGET, tensors,
                    (NodeRecord("unary_f32", "relu", 0, (0,), (1,), (0, 0, 0)),), (0,), (1,),
                    2 * -(-4 * count // 64) * 64)
    artifact = "model.edgec" if backend == "native" else "model.tflite"
    write_bundle(path, BundleContents(
        name=path.name, backend=backend, target=TARGET, triple=triple, artifact=artifact,
        artifact_bytes=write(plan), inputs=(port[0],), outputs=(port[1],), golden_inputs=(x,),
        golden_outputs=(y,)))
    return path


@cache
def engine_programs() -> tuple[Path, ...]:
    """The engine of this machine, built once."""
    from edgec.target.toolchain import build_engine

    build = build_engine()
    return (build.run, build.bench)


def elf_header(path: Path, triple: str) -> Path:
    """A file that begins as a program for `triple` does, and cannot be run."""
    path.write_bytes(b"\x7fELF" + bytes(12) + struct.pack("<HH", 2, ELF_MACHINES[triple]))
    return path
