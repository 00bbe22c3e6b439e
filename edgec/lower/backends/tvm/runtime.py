"""What a TVM program needs beside it: TVM's runtime from its wheels, and our kernels for it."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from edgec.errors import BuildError, MissingExtra
from edgec.target.toolchain import build_tvm_library, host_triple

PACKAGES = {"apache-tvm": "tvm/lib/libtvm_runtime.so", "apache-tvm-ffi": "tvm_ffi/lib/libtvm_ffi.so"}
OURS = "libedgec_tvm.so"


def runtime_folder(triple: str) -> Path:
    """A folder with libtvm_ffi.so, libtvm_runtime.so and libedgec_tvm.so for `triple`.

    MissingExtra without TVM, BuildError without a compiler.
    """
    packages = _site_packages()
    ours = build_tvm_library(triple, packages / "tvm_ffi" / "include")
    if triple != host_triple():
        raise BuildError(f"TVM's runtime for {triple} is not at hand.")
    folder = ours.parent / "-".join(version(package) for package in PACKAGES)
    if not folder.is_dir():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        fresh.mkdir(exist_ok=True)
        for file in (ours, *(packages / path for path in PACKAGES.values())):
            shutil.copy2(file, fresh)
        try:
            fresh.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return folder


def _site_packages() -> Path:
    spec, ffi = find_spec("tvm"), find_spec("tvm_ffi")
    if spec is None or ffi is None or ffi.origin is None:
        raise MissingExtra("apache-tvm", "tvm", "the backend 'tvm'")
    return Path(ffi.origin).parents[1]
