"""Two programs that took turns: the ratio of their times, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, comb
from statistics import median

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """Time of one over time of the other: median over rounds, and an interval of 95 % for it."""

    median: float
    low: float
    high: float
    rounds: int

    @property
    def tie(self) -> bool:
        """Neither is faster: the interval holds 1, or is no interval of 95 %."""
        return self.rounds < fewest_rounds() or self.low <= 1.0 <= self.high

    def text(self) -> str:
        """`1.32x (1.28 to 1.35)`, or the same with `tie`."""
        told = f"{self.median:.2f}x ({self.low:.2f} to {self.high:.2f})"
        return f"{told} tie" if self.tie else told


def ratio(slower: Sequence[Sequence[int]], faster: Sequence[Sequence[int]]) -> Ratio:
    """Of two lists of rounds, each a list of times; above 1 the first one takes longer.

    The interval is between two order statistics of the rounds' ratios and asks for no
    distribution: P(low <= median <= high) >= 95 % (from 6 rounds on; below, the extremes).
    """
    rounds = sorted(median(a) / median(b) for a, b in zip(slower, faster, strict=True))
    cut = dropped(len(rounds))
    return Ratio(median(rounds), rounds[cut], rounds[-1 - cut], len(rounds))


def dropped(rounds: int) -> int:
    """How many of the sorted ratios lie outside the interval at each end: as many as 95 % allow."""
    cut = 0
    while 2 * (cut + 1) < rounds and _confidence(rounds, cut + 1) >= _CONFIDENCE:
        cut += 1
    return cut


def _confidence(rounds: int, outside: int) -> float:
    """That the median of the population lies inside when `outside` ratios at each end do not."""
    return 1 - 2 * sum(comb(rounds, i) for i in range(outside + 1)) / 2.0**rounds


def fewest_rounds() -> int:
    """Rounds that an interval of 95 % needs."""
    return next(n for n in count(1) if _confidence(n, 0) >= _CONFIDENCE)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
