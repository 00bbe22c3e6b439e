"""How the contract tests run what a backend emits: one module per backend, named like it.

Its PLUGIN is a Runner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgec.lower.graph import Array
from tests.contract.op_cases import Case


def nothing_differs(case: Case) -> int:
    """For backends that must give the reference's bytes on every case."""
    return 0


@dataclass(frozen=True)
class Runner:
    """variants: ways to run, such as instruction sets.

    run(artifact, inputs, variant) gives the outputs in order, or skips the test with the reason.
    allowed: for a case with integer output, how far it may be from the reference.
    """

    variants: tuple[str, ...]
    run: Callable[[Path, Sequence[Array], str], list[Array]]
    allowed: Callable[[Case], int] = nothing_differs
