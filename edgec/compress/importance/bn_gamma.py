"""The scale of batch normalization, which a network trained with a penalty on it makes small.

Liu et al. 2017, arXiv 1708.06519 (network slimming): a channel by |γ|. Costs: nothing by itself;
it says little about a network that was trained without the penalty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import onnx_ir as ir

from edgec.compress.criterion import Criterion, Unit
from edgec.compress.importance.magnitude import weight_of
from edgec.compress.method import Array, Given
from edgec.errors import MethodError


@dataclass(frozen=True)
class BatchNormGamma(Criterion):
    """No options."""

    of_elements: ClassVar[bool] = False

    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """MethodError: it knows channels only."""
        raise MethodError("bn_gamma scores channels, not single weights. Use another criterion.")

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """The mean of |γ| over a unit's channels; MethodError for layers without BN behind them."""
        scales = {str(node.inputs[1].name) for node in model.graph
                  if node.op_type == "BatchNormalization" and node.inputs[1] is not None}
        found = [[np.abs(s.of(weight_of(model, s.name))) for s in unit.slices if s.name in scales]
                 for unit in units]
        if bare := sorted({u.layer for u, own in zip(units, found, strict=True) if not own}):
            raise MethodError(f"bn_gamma needs BatchNormalization behind every layer, and "
                              f"{', '.join(bare)} has none. Exclude it, or use another criterion.")
        return np.array([float(np.concatenate(own).mean()) for own in found])


PLUGIN = BatchNormGamma
