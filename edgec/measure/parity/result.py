"""What a parity run found: pairs of runtimes, their layers and outputs, and what is out of bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from edgec.measure.parity.difference import Difference
from edgec.measure.parity.walk import Layer

SCHEMA = "edgec-parity/1"


@dataclass(frozen=True)
class Bounds:
    """max_lsb: what one int8 layer may add to a difference, in steps of its result.

    min_sqnr_db: for every model output of every runtime against the first one; None: not asked for.
    """

    max_lsb: int = 1
    min_sqnr_db: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two runtimes on the same inputs. `judged`: whether layers are held to the bounds.

    Float against int8 is not: there every layer differs, and the blame is for the greatest loss.
    """

    expected: str
    got: str
    layers: tuple[Layer, ...]
    judged: bool = True

    @property
    def first(self) -> Layer | None:
        """Where the two part: the first layer with a difference of its own."""
        if not self.judged:
            return self._greatest_loss()
        return next((layer for layer in self.layers if layer.own.parted), None)

    def worst(self) -> Layer | None:
        """The layer that adds the most steps."""
        return max((layer for layer in self.layers if layer.own.parted),
                   key=lambda layer: (layer.own.integer, layer.own.largest), default=None)

    def _greatest_loss(self) -> Layer | None:
        """Where the signal-to-noise ratio falls most below that of the layer before."""
        falls = [(above.own.sqnr_db - layer.own.sqnr_db, layer)
                 for above, layer in pairwise(self.layers) if abs(above.own.sqnr_db) < inf]
        return max(falls, key=lambda fall: fall[0], default=(0.0, None))[1]

    def violations(self, bounds: Bounds) -> Iterator[str]:
        """One sentence for each layer beyond the bounds."""
        for layer in self.layers if self.judged else ():
            own = layer.own
            where = f"{self.got} against {self.expected}, {layer.name} ({layer.op})"
            if own.integer and own.largest > bounds.max_lsb:
                yield (f"{where}: {own.differ} of {own.values} values are off by up to "
                       f"{own.largest:.0f} steps; allowed are {bounds.max_lsb}.")
            elif not own.integer and own.parted:
                yield (f"{where}: {own.differ} of {own.values} float32 values are off by up to "
                       f"{own.largest:.3g}, the largest value is {own.peak:.3g}.")

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        first = self.first
        return {"expected": self.expected, "got": self.got, "judged": self.judged,
                "first": first and first.name, "layers": [x.to_json() for x in self.layers]}


@dataclass(frozen=True)
class Output:
    """A model output of a runtime against the first runtime's; in `tolerance` of it, if given."""

    runtime: str
    against: str
    tensor: str
    difference: Difference
    tolerance: float | None = None

    def violations(self, bounds: Bounds) -> Iterator[str]:
        """One sentence for each bound that does not hold."""
        where = f"{self.runtime} against {self.against}, output {self.tensor}"
        found, least = self.difference, bounds.min_sqnr_db
        if least is not None and found.sqnr_db < least:
            yield f"{where}: SQNR {found.sqnr_db:.1f} dB; required are {least:g} dB."
        if self.tolerance is not None and found.largest > self.tolerance:
            yield (f"{where}: off by up to {found.largest:.6g}; the bundle allows "
                   f"{self.tolerance:.6g}.")

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"runtime": self.runtime, "against": self.against, "tensor": self.tensor,
                "tolerance": self.tolerance, **self.difference.to_json()}


@dataclass(frozen=True)
class Parity:
    """All of it. skipped: runtimes that could not run, with the reason."""

    subject: str
    target: str
    samples: int
    bounds: Bounds
    pairs: tuple[Pair, ...]
    outputs: tuple[Output, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def violations(self) -> tuple[str, ...]:
        """What is beyond the bounds, a sentence each; none means that the runtimes agree."""
        return (*(line for pair in self.pairs for line in pair.violations(self.bounds)),
                *(line for output in self.outputs for line in output.violations(self.bounds)))

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"schema": SCHEMA, "subject": self.subject, "target": self.target,
                "samples": self.samples,
                "bounds": {"max_lsb": self.bounds.max_lsb, "min_sqnr_db": self.bounds.min_sqnr_db},
                "skipped": dict(self.skipped), "outputs": [x.to_json() for x in self.outputs],
                "pairs": [x.to_json() for x in self.pairs], "violations": list(self.violations),
                "agree": not self.violations}
