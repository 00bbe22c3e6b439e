"""By how much a candidate breaks the limits of a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from edgec.compress.cost import Cost
from edgec.compress.recipe import Limits


@dataclass(frozen=True)
class Break:
    """A limit that is broken. excess: how far beyond it, as a share of the limit."""

    limit: str
    found: float
    allowed: float

    @property
    def excess(self) -> float:
        """Above 0; a ratio that is too small counts by how much it must grow."""
        if self.limit == "bit_ops_ratio":
            return self.allowed / max(self.found, 1e-9) - 1
        return self.found / self.allowed - 1

    def __str__(self) -> str:
        side = "least" if self.limit == "bit_ops_ratio" else "most"
        return f"{self.limit} {self.found:.4g}, at {side} {self.allowed:.4g}"


def broken(limits: Limits, cost: Cost, original: Cost, drop: float | None) -> tuple[Break, ...]:
    """The limits that a model breaks. drop: of its score, against the original; None: not known."""
    upper = (("drop", drop, limits.drop), ("bytes", cost.bytes, limits.bytes),
             ("latency_us", cost.latency_us, limits.latency_us),
             ("worst_latency_us", cost.worst_latency_us, limits.worst_latency_us))
    found = [Break(name, float(value), float(most)) for name, value, most in upper
             if value is not None and most is not None and value > most + 1e-12]
    ratio = original.bit_ops / max(1, cost.bit_ops)
    if limits.bit_ops_ratio is not None and ratio < limits.bit_ops_ratio:
        found.append(Break("bit_ops_ratio", ratio, limits.bit_ops_ratio))
    return tuple(found)
