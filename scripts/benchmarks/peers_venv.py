"""The virtual environment that holds the other runtimes, pinned; made on first use."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from benchmarks.networks import cache_folder
from edgec.errors import BuildError

_PINS = Path(__file__).with_name("peers.txt")


def peers_python() -> Path:
    """The environment's Python, with every runtime of peers.txt that could be installed.

    A runtime that cannot be had here is told, and left out; BuildError without numpy or venv.
    """
    venv = cache_folder() / "peers-venv"
    python, stamp = venv / "bin" / "python", venv / ".made-from"
    wanted = hashlib.sha256(_PINS.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print(f"peers: making {venv} (some minutes, once)", flush=True)
    _call([sys.executable, "-m", "venv", str(venv)], "Debian/Ubuntu: apt install python3-venv")
    for pin in pins():
        print(f"peers: installing {pin}", flush=True)
        try:
            _call([str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
                   "--constraint", str(_PINS), pin], "")
        except BuildError as error:
            if pin.startswith("numpy"):
                raise
            print(f"peers: {pin} is left out: {error}", flush=True)
    stamp.write_text(wanted)
    return python


def pins() -> list[str]:
    """The lines of peers.txt that name a package."""
    lines = (line.partition("#")[0].strip() for line in _PINS.read_text().splitlines())
    return [line for line in lines if line]


def _call(command: list[str], advice: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)} failed: {done.stderr.strip()[-400:]} {advice}")
