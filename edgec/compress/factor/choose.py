"""From layers and statistics to components and ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.compress.factor.allocate import Curve, Ranks
from edgec.compress.factor.decompose import Components, asvd, svd, whitened
from edgec.compress.factor.layers import Layer, patch_magnitude, patch_moments
from edgec.compress.factor.statistics import Statistics
from edgec.compress.method import Array

DECOMPOSITIONS = ("svd", "asvd", "whitened", "spectrum")


@dataclass(frozen=True)
class Choice:
    """A layer, its components, and which of them stay: indices and scores; None: all, as it is."""

    layer: Layer
    components: Components
    kept: Array | None = None
    scores: Array | None = None

    @property
    def weights(self) -> int:
        """How many weights the layer then has."""
        return self.layer.parameters if self.kept is None else self.layer.cost * len(self.kept)

    @property
    def error(self) -> float:
        """Of the layer's output on the data, relative; exact but for spatial forms."""
        return 0.0 if self.kept is None else self.components.error(self.kept, self.scores)

    def curve(self, weight: float = 1.0) -> Curve:
        """What each component saves of the layer's relative loss, times `weight`."""
        losses = self.components.losses
        return Curve(weight * losses / max(float(losses.sum()), np.finfo(float).tiny),
                     self.layer.cost, self.layer.parameters)


def decompose(forms: Sequence[Layer], seen: Statistics, how: str, alpha: float,
              ratio: float) -> Choice:
    """The components of a layer, in the form that keeps most of its output at this ratio."""
    choices = [Choice(layer, _components(layer, seen, how, alpha)) for layer in forms]

    def error(choice: Choice) -> float:
        rank = max(1, int((1 - ratio) * choice.layer.parameters / choice.layer.cost))
        return choice.components.error(np.arange(min(rank, len(choice.components.sigma))))

    return min(choices, key=error)


def _components(layer: Layer, seen: Statistics, how: str, alpha: float) -> Components:
    weight, moments = layer.matrix().astype(np.float64), patch_moments(layer, seen.moments)
    if how == "svd":
        return svd(weight, moments)
    if how == "asvd":
        return asvd(weight, moments, patch_magnitude(layer, seen.magnitude), alpha)
    return whitened(weight, moments)


def keep(choices: Sequence[Choice], ranks: Ranks) -> list[Choice]:
    """The first components of each layer, as many as its rank."""
    return [Choice(c.layer, c.components, None if rank is None else np.arange(rank))
            for c, rank in zip(choices, ranks, strict=True)]
