"""How much better one of two is: a paired difference of scores and its interval.

d[s, i] is the difference at seed s on sample i. With more than one strength the means of the
strengths are averaged. Two things vary, seeds and samples, and the variance of the mean is the sum
of both shares,

    SE² = v_seeds / (L S) + v_samples / n,

v_seeds: of the S seeds' means, pooled over the L strengths; v_samples: of the n samples' means. The
noise of single answers is in both, so the interval is a little too wide, never too narrow. Its
ends are SE times Student's t with L (S - 1) degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.compress.method import Array


@dataclass(frozen=True)
class Effect:
    """mean: score of the first minus score of the second; low, high: its interval; error: SE."""

    mean: float
    low: float
    high: float
    error: float

    @property
    def certainty(self) -> float:
        """The mean in standard errors, without sign; infinite where nothing varied."""
        return abs(self.mean) / self.error if self.error else float("inf")

    def favours(self, least: float) -> int:
        """1: the first, -1: the second, 0: a tie. At least `least`, and 0 not in the interval."""
        clear = (self.low > 0 or self.high < 0) and abs(self.mean) >= least
        return int(np.sign(self.mean)) if clear else 0


def paired_effect(first: Array, second: Array, confidence: float) -> Effect:
    """The effect of scores float [strengths, seeds, samples]; two seeds or more."""
    difference = first - second
    strengths, seeds, samples = difference.shape
    by_seed = difference.mean(2)
    of_seeds = by_seed.var(1, ddof=1).mean() / (strengths * seeds)
    of_samples = difference.mean((0, 1)).var(ddof=1) / samples if samples > 1 else 0.0
    mean, error = float(by_seed.mean()), float(np.sqrt(of_seeds + of_samples))
    reach = student_t(confidence, strengths * (seeds - 1)) * error
    return Effect(mean, mean - reach, mean + reach, error)


def student_t(confidence: float, freedom: int) -> float:
    """t with P(|T| <= t) = confidence.

    With t = sqrt(freedom) tan(angle) the density is cos(angle)^(freedom - 1), summed up here.
    """
    angle = np.linspace(0, np.pi / 2, 200_001)
    density = np.cos(angle) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return float(np.sqrt(freedom) * np.tan(np.interp(confidence, below / below[-1], angle)))
