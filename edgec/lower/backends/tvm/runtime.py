"""What a TVM program needs beside it: TVM's runtime out of its wheels, and our kernels for it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from edgec.errors import BuildError, MissingExtra
from edgec.target.toolchain import build_tvm_library, host_triple
from edgec.target.wheel import Wheel, file_of_wheel

# In the packages' order of loading.
MEMBERS = {"apache-tvm-ffi": "tvm_ffi/lib/libtvm_ffi.so", "apache-tvm": "tvm/lib/libtvm_runtime.so"}
# The Python version only chooses among wheels that hold the same library.
WHEELS = {"aarch64": (
    Wheel("apache-tvm-ffi", "0.1.14.post1", "manylinux_2_28_aarch64", "311",
          "c7a759781d4fbf2b99fa12f2741f250b882b06acc2747bb02831d491d1ac7d3c"),
    Wheel("apache-tvm", "0.27.0.post1", "manylinux_2_28_aarch64", "311",
          "4acfdb7653e4e1ba7a707bdf2833db72eb8fda7d04d99141f2a4e1da43171fb7"))}


@dataclass(frozen=True)
class Runtime:
    """Files of one folder: our library, TVM's, which it loads, and a program that serves TVM's RPC.
    """

    ours: Path
    tvm: tuple[Path, ...]
    server: Path


def runtime(triple: str) -> Runtime:
    """The libraries for `triple`; those of another machine are downloaded once, into the cache.

    MissingExtra without TVM here, BuildError without a compiler or a way to the wheels.
    """
    packages = _packages()
    ours, server = build_tvm_library(triple, packages / "tvm_ffi" / "include")
    if triple == host_triple():
        libraries = [packages / member for member in MEMBERS.values()]
    elif triple in WHEELS:
        libraries = [file_of_wheel(w, MEMBERS[w.package]) for w in WHEELS[triple]]
    else:
        raise BuildError(f"there is no package of TVM for {triple}, only for "
                         f"{', '.join(sorted({host_triple(), *WHEELS}))}. Lower with the backend "
                         "native.")
    *copies, ours, server = _together(ours.parent, [*libraries, ours, server])
    return Runtime(ours, tuple(copies), server)


def _packages() -> Path:
    """The folder of the installed packages, found without importing them."""
    spec, ffi = find_spec("tvm"), find_spec("tvm_ffi")
    if spec is None or ffi is None or ffi.origin is None:
        raise MissingExtra("apache-tvm", "tvm", "the backend 'tvm'")
    return Path(ffi.origin).parents[1]


def _together(parent: Path, files: Sequence[Path]) -> list[Path]:
    """Copies in a folder under `parent`, named after what is in it: our library looks there."""
    stamps = [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    folder = parent / hashlib.sha256("\n".join(stamps).encode()).hexdigest()[:12]
    if not folder.is_dir():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        fresh.mkdir(exist_ok=True)
        for file in files:
            shutil.copy2(file, fresh)
        try:
            fresh.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return [folder / file.name for file in files]
