"""How much signal is left: signal-to-quantization-noise ratios of tensors and of single units."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import onnx_ir as ir

from edgec.compress.calibrate import stream
from edgec.compress.method import Array, Data
from edgec.compress.quantization import rules
from edgec.compress.quantization.insert_qdq import insert_qdq
from edgec.compress.quantization.plan import Plan
from edgec.compress.quantization.unit_model import unit_model
from edgec.compress.quantization.units import Unit
from edgec.model.onnxruntime import Runner

SAMPLES = 32  # enough for a ratio of sums over whole tensors; more only cost time
BEST_DB = 200.0  # what no difference at all counts as, so that reports hold finite numbers


class Sqnr:
    """10 log10(sum of y^2 / sum of (y - y')^2), gathered over batches."""

    def __init__(self) -> None:
        self._signal = self._noise = 0.0

    def add(self, exact: Array, approximate: Array) -> None:
        """One batch of a tensor before and after quantization."""
        wide = exact.astype(np.float64)
        self._signal += float(np.square(wide).sum())
        self._noise += float(np.square(wide - approximate).sum())

    @property
    def db(self) -> float:
        """The ratio in decibel; BEST_DB when the two are equal."""
        if self._noise == 0:
            return BEST_DB
        if self._signal == 0:
            return -BEST_DB
        ratio = 10 * (math.log10(self._signal) - math.log10(self._noise))
        return min(max(ratio, -BEST_DB), BEST_DB)


def first_samples(batches: Data) -> Data:
    """The first batches, until they hold SAMPLES samples."""
    def count(batch: Mapping[str, Array]) -> int:
        return max((len(a) for a in batch.values() if a.ndim), default=1)

    sizes = itertools.accumulate(map(count, batches), initial=0)
    return [batch for batch, before in zip(batches, sizes, strict=False) if before < SAMPLES]


def own_sqnr(model: ir.Model, plan: Plan, units: Sequence[Unit],
             batches: Data) -> dict[str, float]:
    """The SQNR in dB of each unit's output when only that unit is quantized, by unit name."""
    runners = {u.name: Runner(insert_qdq(unit_model(model, u), plan), threads=1) for u in units}
    found = {u.name: Sqnr() for u in units}
    tensors = dict.fromkeys(str(v.name) for u in units for v in (*u.inputs, u.output)
                            if rules.constant(v) is None)
    for values in stream(model, batches, tuple(tensors)):
        for unit in units:
            runner = runners[unit.name]
            name = str(unit.output.name)
            outputs = runner.run({key: values[key] for key in runner.inputs})
            found[unit.name].add(values[name], outputs[name])
    return {name: sqnr.db for name, sqnr in found.items()}


def difference(exact: ir.Model, quantized: ir.Model, tensors: Mapping[str, str],
               batches: Data) -> dict[str, float]:
    """The SQNR in dB of tensors of `quantized` against `exact`. tensors: its names by exact's."""
    found = {name: Sqnr() for name in tensors}
    runner = Runner(quantized, tuple(dict.fromkeys(tensors.values())), threads=1)
    for batch, values in zip(batches, stream(exact, batches, tuple(tensors)), strict=False):
        outputs = runner.run(batch)
        for name, other in tensors.items():
            found[name].add(values[name], outputs[other])
    return {name: sqnr.db for name, sqnr in found.items()}
