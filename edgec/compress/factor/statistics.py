"""What the decompositions know of a layer's inputs, gathered in one pass over the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.calibrate import Observer, observe
from edgec.compress.method import Array, Data
from edgec.compress.quantization.moments import Moments
from edgec.compress.quantization.units import Unit

_ROWS_PER_SAMPLE = 512  # every token of a text, many windows of an image


@dataclass(frozen=True)
class Statistics:
    """Of the rows x [n] that a layer multiplies: moments E[x x^T], magnitude E|x| by channel."""

    moments: Array
    magnitude: Array


class Magnitude:
    """The mean |x| of each channel, over samples and positions."""

    def __init__(self, axis: int) -> None:
        self._axis, self._total, self._count = axis, np.zeros(()), 0

    def add(self, values: Array) -> None:
        """values: any rank with channels at the axis."""
        rows = np.moveaxis(values, self._axis, -1).reshape(-1, values.shape[self._axis])
        self._total = self._total + np.abs(rows).sum(axis=0, dtype=np.float64)
        self._count += len(rows)

    @property
    def mean(self) -> Array:
        """float64 [channels]."""
        return np.asarray(self._total / self._count)


def collect(model: ir.Model, units: Sequence[Unit], data: Data) -> dict[str, Statistics]:
    """The statistics of linear units without groups, by name. Linear layers of one tensor share."""
    seen: dict[tuple[str, str], tuple[Moments, Magnitude]] = {}
    keys = {unit.name: _key(unit) for unit in units}
    for unit in units:
        if keys[unit.name] not in seen:
            seen[keys[unit.name]] = (Moments(unit, _ROWS_PER_SAMPLE),
                                     Magnitude(1 if unit.op == "Conv" else -1))
    watching: dict[str, list[Observer]] = {}
    for (tensor, _), observers in seen.items():
        watching.setdefault(tensor, []).extend(observers)
    observe(model, data, watching)
    found = {key: Statistics(moments.total[0] / max(1, moments.count), magnitude.mean)
             for key, (moments, magnitude) in seen.items()}
    return {name: found[key] for name, key in keys.items()}


def _key(unit: Unit) -> tuple[str, str]:
    """Units with equal keys multiply equal rows."""
    return str(unit.inputs[0].name), unit.name if unit.op == "Conv" else ""
