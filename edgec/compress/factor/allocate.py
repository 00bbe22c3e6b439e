"""How many components each layer keeps: at most a number of weights in all.

A layer whose two halves would have no fewer weights than it has stays as it is.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgec.compress.method import Array
from edgec.errors import MethodError


@dataclass(frozen=True)
class Curve:
    """A layer to allocate for: what keeping each of its components gains, in the order kept.

    cost: weights of one component. dense: weights of the layer as it is.
    """

    gains: Array
    cost: int
    dense: int

    def largest(self, step: int) -> int:
        """The largest multiple of `step` at which the halves have fewer weights than the layer."""
        return min((self.dense - 1) // self.cost, len(self.gains)) // step * step


Ranks = list[int | None]  # None: the layer stays as it is


def uniform(curves: Sequence[Curve], ratio: float, step: int) -> Ranks:
    """Every layer loses the same share of its weights, to the nearest multiple of `step`."""
    wanted = [(1 - ratio) * c.dense / c.cost for c in curves]
    return [max(step, min(round(rank / step) * step, c.largest(step)))
            for rank, c in zip(wanted, curves, strict=True)]


def water_fill(curves: Sequence[Curve], ratio: float, step: int) -> Ranks:
    """The most gain for (1 - ratio) of all weights: components by gain per weight, `step` at a time.

    A layer that would need all the ranks it can have keeps its weights as they are; then the rest
    is shared again. MethodError when the smallest ranks have more weights than that.
    """
    ranks: Ranks = [step] * len(curves)
    while True:
        budget = (1 - ratio) * sum(c.dense for c in curves)
        budget -= sum(c.dense for c, rank in zip(curves, ranks, strict=True) if rank is None)
        open_ = [i for i, rank in enumerate(ranks) if rank is not None]
        filled = _fill([curves[i] for i in open_], budget, step, ratio)
        full = [i for i, rank in zip(open_, filled, strict=True)
                if rank >= curves[i].largest(step) and _affordable(curves, ranks, i, ratio, step)]
        if not full:
            for i, rank in zip(open_, filled, strict=True):
                ranks[i] = rank
            return ranks
        ranks[max(full, key=lambda i: _density(curves[i], curves[i].largest(step) - step, step))
              ] = None


def _fill(curves: Sequence[Curve], budget: float, step: int, ratio: float) -> list[int]:
    ranks = [step] * len(curves)
    budget -= sum(step * c.cost for c in curves)
    if budget < 0:
        smallest = sum(step * c.cost for c in curves) / max(1, sum(c.dense for c in curves))
        raise MethodError(f"ratio is {ratio}, yet at rank {step} in every layer {smallest:.1%} of "
                          f"the weights are left. Ask for less than {1 - smallest:.3f}, or lower "
                          "round_to.")
    waiting = [(-_density(c, step, step), i) for i, c in enumerate(curves) if c.largest(step) > step]
    heapq.heapify(waiting)
    while waiting:
        _, i = heapq.heappop(waiting)
        curve = curves[i]
        if step * curve.cost > budget:
            continue
        budget -= step * curve.cost
        ranks[i] += step
        if ranks[i] + step <= curve.largest(step):
            heapq.heappush(waiting, (-_density(curve, ranks[i], step), i))
    return ranks


def _affordable(curves: Sequence[Curve], ranks: Ranks, which: int, ratio: float,
                step: int) -> bool:
    """Whether this layer may stay as it is: the others still have their smallest ranks."""
    least = sum(c.dense if rank is None or i == which else step * c.cost
                for i, (c, rank) in enumerate(zip(curves, ranks, strict=True)))
    return least <= (1 - ratio) * sum(c.dense for c in curves)


def _density(curve: Curve, start: int, step: int) -> float:
    """Gain per weight of the next components."""
    return float(np.sum(curve.gains[start:start + step])) / (step * curve.cost)
