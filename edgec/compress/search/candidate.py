"""One combination of strengths that was tried, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from edgec.compress.chain import Stage
from edgec.compress.cost import Cost, Latency
from edgec.compress.search.layout import Refused
from edgec.compress.search.limits import Break
from edgec.compress.search.space import Strengths


@dataclass(frozen=True)
class Tried:
    """A step that ran, the score on validation behind it, and what the model costs then."""

    stage: Stage
    cost: Cost


@dataclass(frozen=True)
class Candidate:
    """number: of the trial. steps: those that ran. stopped: why it was given up; empty when it
    went to its end, then score and cost are those of its model. breaks: the limits it breaks.
    """

    number: int
    strengths: Strengths
    refused: tuple[Refused, ...] = ()
    steps: tuple[Tried, ...] = ()
    stopped: str = ""
    score: float | None = None
    cost: Cost | None = None
    breaks: tuple[Break, ...] = ()

    @property
    def meets(self) -> bool:
        """Whether it is whole and within every limit."""
        return not self.stopped and not self.breaks

    @property
    def excess(self) -> float:
        """How far it is beyond its limits, all together, as far as it ran; infinite when it was
        given up for another reason."""
        return (float("inf") if self.stopped and not self.breaks
                else sum(found.excess for found in self.breaks))

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Candidate:
        """The candidate that `to_json` wrote."""
        steps = tuple(Tried(Stage(**s["stage"]), _cost(s["cost"])) for s in document["steps"])
        cost = document["cost"]
        return cls(**{**document, "steps": steps,
                      "refused": tuple(Refused(**r) for r in document["refused"]),
                      "cost": None if cost is None else _cost(cost),
                      "breaks": tuple(Break(**b) for b in document["breaks"])})


def words(strengths: Strengths) -> str:
    """The strengths in one line, as people read them."""
    return ", ".join(f"{method}.{name}={value:.4g}" if isinstance(value, float)
                     else f"{method}.{name}={value}"
                     for method, options in strengths.items()
                     for name, value in options.items()) or "as the recipe says"


def _cost(document: Mapping[str, Any]) -> Cost:
    latency = document["latency"]
    return Cost(**{**document, "latency": None if latency is None else Latency(**latency)})
