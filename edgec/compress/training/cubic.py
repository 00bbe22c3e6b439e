"""The cubic schedule of pruning: most goes early, while much is left to lose.

Zhu and Gupta 2017, arXiv 1710.01878, equation 1.
"""

from __future__ import annotations


def cubic(final: float, done: float, initial: float = 0.0) -> float:
    """s_f + (s_i − s_f)·(1 − done)³: what shall be pruned when this share of the time is over.

    done is clamped to [0, 1].
    """
    left = 1 - min(1.0, max(0.0, done))
    return final + (initial - final) * left ** 3
