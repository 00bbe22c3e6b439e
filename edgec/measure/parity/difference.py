"""How far one array is from another, in steps and in decibels."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log10
from typing import Any

import numpy as np

from edgec.lower.graph import Array, Tensor

FLOAT_SHARE = 1e-4  # of the largest value: what float32 sums may differ by, order of adding alone


@dataclass(frozen=True)
class Difference:
    """`differ` of `values` are not equal, by up to `largest`: steps of an integer tensor, or units.

    signal, noise: sums of squares of the expected values and of the differences, zero point at 0.
    peak: the largest expected magnitude. Differences of several runs add up.
    """

    integer: bool
    values: int = 0
    differ: int = 0
    largest: float = 0.0
    signal: float = 0.0
    noise: float = 0.0
    peak: float = 0.0

    def __add__(self, other: Difference) -> Difference:
        return Difference(self.integer, self.values + other.values, self.differ + other.differ,
                          max(self.largest, other.largest), self.signal + other.signal,
                          self.noise + other.noise, max(self.peak, other.peak))

    @property
    def sqnr_db(self) -> float:
        """Signal to noise; infinite when nothing differs."""
        if self.noise == 0:
            return inf
        return 10 * log10(self.signal / self.noise) if 0 < self.signal < inf > self.noise else -inf

    @property
    def parted(self) -> bool:
        """Whether it is more than the order of adding floats can explain; one step is, in int8."""
        return self.largest > (0 if self.integer else FLOAT_SHARE * self.peak)

    def to_json(self) -> dict[str, Any]:
        """As plain values; null for infinite decibels."""
        db = self.sqnr_db
        return {"values": self.values, "differ": self.differ,
                "lsb": int(self.largest) if self.integer else None,
                "largest": self.largest if np.isfinite(self.largest) else None,
                "sqnr_db": round(db, 2) if np.isfinite(db) else None, "parted": self.parted}


def between(expected: Array, got: Array, tensor: Tensor | None = None) -> Difference:
    """The difference of two arrays of one shape; `tensor` says which integer stands for zero."""
    integer = bool(np.issubdtype(expected.dtype, np.integer))
    zero = (int(tensor.quantization.zero_point[0])
            if tensor is not None and tensor.quantization is not None else 0)
    a, b = (np.asarray(v, np.float64).reshape(-1) for v in (expected, got))
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    apart = np.where(np.isnan(apart), inf, apart)
    real = np.nan_to_num(a - zero, posinf=0.0, neginf=0.0)
    return Difference(integer, a.size, int(np.count_nonzero(apart)), float(apart.max(initial=0.0)),
                      float(real @ real), float(apart @ apart),
                      float(np.abs(real).max(initial=0.0)))
