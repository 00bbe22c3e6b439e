"""An Ethos-U runs on no machine here: no variant. tests/unit/lower/backends/test_ethos_u.py has
what can be checked, which is all but the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgec.lower.graph import Array
from tests.contract.runners import Runner


def run(artifact: Path, inputs: Sequence[Array], variant: str) -> list[Array]:
    """Never called."""
    raise AssertionError(variant)


PLUGIN = Runner((), run)
