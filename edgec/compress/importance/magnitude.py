"""Small weights matter little: |w|, the baseline of every other criterion.

Li et al. 2016, arXiv 1608.08710: a filter by the norm of its weights. Norms of different layers
have different scales, so each is divided by its layer's mean. Costs: nothing, it reads the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.method import Array, Given


@dataclass(frozen=True)
class Magnitude(Criterion):
    """power: p of the Lp norm of a unit."""

    power: float = 2.0

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """|w|."""
        return {name: np.abs(weight_of(model, name)) for name in names}

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """The norm of the weights that make the unit, over the mean of its layer."""
        names = {unit.slices[0].name for unit in units}
        powers = {name: np.abs(weight_of(model, name)) ** self.power for name in names}
        norms = [powers_sum ** (1 / self.power) for powers_sum in
                 (float(u.slices[0].of(powers[u.slices[0].name]).sum()) for u in units)]
        return over_mean_of_layer(units, np.array(norms))


def weight_of(model: ir.Model, name: str) -> Array:
    """The data of an initializer, float64."""
    tensor = model.graph.initializers[name].const_value
    assert tensor is not None
    return np.asarray(tensor.numpy(), np.float64)


def over_mean_of_layer(units: Sequence[Unit], scores: Array) -> Array:
    """Scores [units], each divided by the mean of those with its layer and its number of slices."""
    kinds = [(unit.layer, tuple((s.name, s.axis) for s in unit.slices)) for unit in units]
    members: dict[object, list[int]] = {}
    for index, kind in enumerate(kinds):
        members.setdefault(kind, []).append(index)
    result = np.asarray(scores, np.float64).copy()
    for indices in members.values():
        result[indices] /= max(float(result[indices].mean()), 1e-30)
    return result


PLUGIN = Magnitude
