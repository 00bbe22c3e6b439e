"""Scores drawn by chance: what every criterion has to beat.

Mittal et al. 2018, arXiv 1801.10447, show how near random channel pruning comes after fine-tuning.
Costs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.importance.magnitude import weight_of
from edgec.compress.method import Array, Given


@dataclass(frozen=True)
class Random(Criterion):
    """No options; the seed is that of the run."""

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """Uniform in [0, 1)."""
        rng = np.random.default_rng(given.seed)
        return {name: rng.random(weight_of(model, name).shape) for name in names}

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """Uniform in [0, 1), whatever the size of a unit."""
        return np.random.default_rng(given.seed).random(len(units))


PLUGIN = Random
