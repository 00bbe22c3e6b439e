"""What a factorization did, layer by layer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from edgec.compress.factor.choose import Choice


@dataclass(frozen=True)
class FactoredLayer:
    """rank of full_rank components are kept; weights before and after, biases not counted.

    error: of the layer's output on the data, relative root mean square, from its own truncation
    alone. reason: why the layer stays as it is, "" where it was factored.
    """

    name: str
    form: str
    rank: int | None
    full_rank: int | None
    weights_before: int
    weights_after: int
    error: float
    reason: str


@dataclass(frozen=True)
class LowRankReport:
    """All layers with weights, and the weights of those that could be factored, before and after.

    learning: how the learned spectrum went, None without. scores: validation scores of the
    fine-tuning, before and after each epoch; None without.
    """

    layers: tuple[FactoredLayer, ...]
    weights_before: int
    weights_after: int
    learning: Mapping[str, Any] | None
    scores: tuple[float, ...] | None
    options: Mapping[str, Any]

    @property
    def removed(self) -> float:
        """The share of the weights that is gone."""
        return 1 - self.weights_after / self.weights_before

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {"method": "lowrank", "removed": self.removed, **asdict(self)}


def described(choice: Choice) -> FactoredLayer:
    """A line of the report."""
    layer, kept = choice.layer, choice.kept
    reason = "" if kept is not None else "as many components as are worth it need more weights"
    return FactoredLayer(layer.name, layer.form, None if kept is None else len(kept),
                         len(choice.components.sigma), layer.parameters, choice.weights,
                         choice.error, reason)


def left_alone(name: str, reason: str) -> FactoredLayer:
    """A line for a layer that could not be factored."""
    return FactoredLayer(name, "", None, None, 0, 0, 0.0, reason)
