"""The norm of everything that would be removed with a channel, in all layers that it couples.

Fang et al. 2023, arXiv 2301.12900 (DepGraph), equation 5: the sum over a group's parameters of
their squared norms; divided by the group's mean so that groups can be compared.
Costs: nothing, it reads the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.importance.magnitude import over_mean_of_layer, weight_of
from edgec.compress.method import Array, Given
from edgec.model.execute import trainable_weights


@dataclass(frozen=True)
class GroupNorm(Criterion):
    """No options."""

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """w², 0 for what is not learned (running statistics)."""
        learned = set(trainable_weights(model))
        return {name: weight_of(model, name) ** 2 * (name in learned) for name in names}

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """√Σ w² over all slices, over the mean of the unit's group."""
        return over_mean_of_layer(units, np.sqrt(super().units(model, units, given)))


PLUGIN = GroupNorm
