"""A weight matters as much as what it is multiplied with: |w|·‖x‖₂.

Sun et al. 2023, arXiv 2306.11695, equation 1. The paper ranks within the rows of language models'
linear layers; for image classifiers whole layers did as well, so that is the user's choice.
Costs: one pass over the data.
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
class Wanda(Criterion):
    """No options."""

    needs: ClassVar[Needs] = Needs(data=True)

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """|w|·‖x‖₂; 0 for what is not multiplied with an input, as biases."""
        scores: dict[str, Array] = {name: np.zeros_like(weight_of(model, name)) for name in names}
        for name, seen in input_moments(model, names, given, "wanda").items():
            norms = np.sqrt(np.einsum("gkk->gk", seen.moments))
            scores[name] = seen.like_weight(np.abs(seen.weight()) * norms[:, None])
        return scores


PLUGIN = Wanda
