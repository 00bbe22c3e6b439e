"""libLiteRt.so: of this machine out of the installed package, of a board out of its wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from edgec.atomic import replace_file
from edgec.errors import BuildError, MissingExtra
from edgec.target.toolchain import host_triple

PACKAGE = "ai-edge-litert"
NAME = "libLiteRt.so"
_MEMBER = f"ai_edge_litert/{NAME}"
_PIP_TIMEOUT_S = 600


@dataclass(frozen=True)
class Wheel:
    """A file of the package index; pip refuses one with another sha256."""

    version: str
    platform: str
    python: str
    sha256: str


# The Python version only chooses among wheels that hold the same library.
WHEELS = {"aarch64": Wheel(
    "2.3.0", "manylinux_2_27_aarch64", "311",
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
    path = cache_folder() / f"litert-{wheel.version}-{triple}" / NAME
    if not path.is_file():
        _download(wheel, path)
    return path


def cache_folder() -> Path:
    """Where downloads stay: EDGEC_CACHE, or edgec in the user's cache folder."""
    named = os.environ.get("EDGEC_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgec"


def _installed() -> Path:
    """Found without importing the package, which takes a second."""
    spec = find_spec("ai_edge_litert")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / NAME).is_file():
            return Path(folder) / NAME
    raise MissingExtra(PACKAGE, "tflite", "Running a .tflite file")


def _download(wheel: Wheel, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="edgec-litert-") as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{PACKAGE}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        _pip("download", "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", folder,
             "--platform", wheel.platform, "--python-version", wheel.python,
             "--implementation", "cp", "--abi", f"cp{wheel.python}", "-r", str(wanted))
        (file,) = Path(folder).glob("*.whl")
        content = zipfile.ZipFile(file).read(_MEMBER)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        raise BuildError(f"cannot keep LiteRT's library in {path.parent} ({error.strerror}). Set "
                         "EDGEC_CACHE to a folder that can be written.") from None


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=_PIP_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise BuildError(f"cannot download {PACKAGE} for the board: pip took longer than "
                         f"{_PIP_TIMEOUT_S} s. Try again, or lower with the backend native."
                         ) from None
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise BuildError(f"cannot download {PACKAGE} for the board: "
                         f"{' '.join(said) or done.stderr.strip()[-300:]} Connect to a package "
                         "index, or lower with the backend native.")
