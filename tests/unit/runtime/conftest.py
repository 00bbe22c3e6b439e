from pathlib import Path

import pytest

from edgec.target.toolchain import build_engine


@pytest.fixture(scope="session")
def library() -> Path:
    """libedgec.so of this machine."""
    return build_engine().library


@pytest.fixture(scope="session")
def small_model() -> Path:
    """x s8[2,3] through the identity table, reshaped to y s8[6]."""
    return Path(__file__).resolve().parents[2] / "cases" / "malformed" / "valid.edgec"


@pytest.fixture(scope="session")
def exit_model() -> Path:
    """x f32[1,4] to outputs y and e, an early exit that every run takes before y is there."""
    return Path(__file__).resolve().parents[2] / "cases" / "malformed" / "valid-exit.edgec"
