"""What making a model sparse did, layer by layer and step by step, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SparseLayer:
    """cells: blocks (or single weights), all and kept. zeros: share of the weights.

    sqnr_db: how much signal is left of the layer's output, in place, on the data. stored: how the
    target stores it, and why.
    """

    name: str
    op: str
    cells: int
    kept: int
    zeros: float
    sqnr_db: float
    stored: str


@dataclass(frozen=True)
class Step:
    """goal: share of the cells that shall be zero. Scores on validation, None without labels."""

    goal: float
    score_sparse: float | None
    score_trained: float | None
    rolled_back: bool


@dataclass(frozen=True)
class SparsifyReport:
    """pattern: as an option spells it. dense: layers that were left as they are, and why.

    score: on validation before anything.
    """

    pattern: str
    layers: tuple[SparseLayer, ...]
    dense: Mapping[str, str]
    steps: tuple[Step, ...]
    score: float | None
    notes: tuple[str, ...]
    options: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {"method": "sparsify", **asdict(self)}
