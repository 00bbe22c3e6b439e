"""What a layer's outputs lose without a weight when the others make up for it: w² / [H⁻¹]_jj.

Hassibi and Stork 1992 (optimal brain surgeon) for one layer's squared error, H = Σ x xᵀ: Frantar
and Alistarh 2023, arXiv 2301.00774, equation 3. Divided by the energy of the layer's outputs, so
that layers can be compared. Costs: one pass over the data, one inversion for each layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import onnx_ir as ir

from edgec.compress.criterion import Criterion
from edgec.compress.importance._input_moments import input_moments
from edgec.compress.importance.magnitude import weight_of
from edgec.compress.method import Array, Given, Needs


@dataclass(frozen=True)
class Obs(Criterion):
    """damping: share of the mean of H's diagonal that is added to it."""

    damping: float = 0.01

    needs: ClassVar[Needs] = Needs(data=True)

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """w² / [H⁻¹]_jj; 0 for what is not multiplied with an input, as biases."""
        scores: dict[str, Array] = {name: np.zeros_like(weight_of(model, name)) for name in names}
        for name, seen in input_moments(model, names, given, "obs").items():
            weight, moments = seen.weight(), seen.moments
            mean = np.einsum("gkk->gk", moments).mean(axis=1)
            added = self.damping * np.where(mean > 0, mean, 1.0)
            inverse = np.linalg.inv(moments + added[:, None, None] * np.eye(moments.shape[1]))
            energy = float((np.matmul(weight, moments) * weight).sum())
            losses = weight ** 2 / np.einsum("gkk->gk", inverse)[:, None]
            scores[name] = seen.like_weight(losses) / max(energy, 1e-30)
        return scores


PLUGIN = Obs
