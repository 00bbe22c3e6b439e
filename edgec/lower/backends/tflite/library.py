"""libLiteRt.so: of this machine out of the installed package, of a board out of its wheel."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from edgec.errors import BuildError, MissingExtra
from edgec.target.toolchain import host_triple
from edgec.target.wheel import Wheel, file_of_wheel

PACKAGE = "ai-edge-litert"
NAME = "libLiteRt.so"

# The Python version only chooses among wheels that hold the same library.
WHEELS = {"aarch64": Wheel(
    PACKAGE, "2.3.0", "manylinux_2_27_aarch64", "311",
    "853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae")}


def litert_library(triple: str) -> Path:
    """The library for `triple`; for another machine it is downloaded once, into the cache.

    MissingExtra without the package here; BuildError where there is no wheel or no way to it.
    """
    if triple == host_triple():
        return _installed()
    wheel = WHEELS.get(triple)
    if wheel is None:
        raise BuildError(f"there is no package of LiteRT for {triple}, only for "
                         f"{', '.join(sorted({host_triple(), *WHEELS}))}. Lower with the backend "
                         "native.")
    return file_of_wheel(wheel, f"ai_edge_litert/{NAME}")


def _installed() -> Path:
    """Found without importing the package, which takes a second."""
    spec = find_spec("ai_edge_litert")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / NAME).is_file():
            return Path(folder) / NAME
    raise MissingExtra(PACKAGE, "tflite", "Running a .tflite file")
