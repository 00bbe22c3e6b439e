"""Second moments of what weights are multiplied with, for criteria that need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.calibrate import Observer, observe
from edgec.compress.method import CALIBRATION_SAMPLES, Array, Given
from edgec.compress.quantization.moments import Moments
from edgec.compress.quantization.rounding import grouped, ungrouped
from edgec.compress.quantization.units import Unit, find_units, weight_array, weight_value
from edgec.errors import DataError


@dataclass(frozen=True)
class Seen:
    """A layer and Σ x xᵀ over its inputs, float64 [groups, depth, depth]."""

    unit: Unit
    moments: Array

    def weight(self) -> Array:
        """[groups, outputs of one, depth], float64."""
        return grouped(self.unit, weight_array(self.unit).astype(np.float64))

    def like_weight(self, values: Array) -> Array:
        """What `weight` gives the shape of, in the shape of the initializer."""
        return ungrouped(self.unit, values)


def input_moments(model: ir.Model, names: Sequence[str], given: Given,
                  criterion: str) -> Mapping[str, Seen]:
    """By weight, for those of `names` that are weights of Conv, Gemm and MatMul.

    DataError, in the criterion's name, when there is no data to look at.
    """
    data = given.data
    if data is None and given.task is not None:
        data = tuple(given.task.train.take(slice(CALIBRATION_SAMPLES)).runs())
    if data is None:
        raise DataError(f"{criterion} needs data and got none. Give some hundred typical inputs, "
                        "or use a criterion that reads weights alone, as magnitude.")
    units = [u for u in find_units(model.graph)
             if u.kind == "linear" and str(weight_value(u).name) in names]
    found = {str(weight_value(u).name): Moments(u) for u in units}
    watching: dict[str, list[Observer]] = {}
    for unit in units:
        watching.setdefault(str(unit.inputs[0].name), []).append(
            found[str(weight_value(unit).name)])
    if watching:
        observe(model, data, watching)
    return {str(weight_value(u).name): Seen(u, found[str(weight_value(u).name)].total)
            for u in units}
