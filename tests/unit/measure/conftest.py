"""A board that is a shell on this machine: the transport the sensors are read through."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from edgec.deploy.transport import Completed

SENSORS = Path(__file__).parents[2] / "cases" / "sensors"


class Shell:
    """Runs commands here, without the local board's working directory."""

    where = "this shell"

    def run(self, command: Sequence[str], timeout_s: float, stdin: bytes = b"") -> Completed:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout_s,
                              check=False)
        return Completed(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def recorded() -> Path:
    return SENSORS
