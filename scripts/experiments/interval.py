"""How sure a mean over seeds is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Mean:
    """A mean and its interval of 95 %, by Student's t."""

    mean: float
    low: float
    high: float

    @property
    def tie(self) -> bool:
        """The interval holds 0."""
        return self.low <= 0 <= self.high

    def text(self) -> str:
        """`+1.30 (+0.70 to +1.90)`, or the same with `tie`."""
        told = f"{self.mean:+.2f} ({self.low:+.2f} to {self.high:+.2f})"
        return f"{told} tie" if self.tie else told


def mean_interval(values: Sequence[float] | NDArray[np.floating]) -> Mean:
    """Of two or more values; for paired runs, of their differences."""
    n = len(values)
    mean = float(np.mean(values))
    half = t_quantile(n - 1) * float(np.std(values, ddof=1)) / n ** 0.5
    return Mean(mean, mean - half, mean + half)


def t_quantile(freedom: int, probability: float = 0.975) -> float:
    """Of Student's distribution, by integrating its density.

    With x = √freedom · tan(a) the density becomes cos(a)^(freedom − 1), up to a factor.
    """
    angle = np.linspace(-np.pi / 2, np.pi / 2, 200_001)
    density = np.cos(angle) ** (freedom - 1)
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    found = np.interp(probability, below / below[-1], angle)
    return float(freedom ** 0.5 * np.tan(found))
