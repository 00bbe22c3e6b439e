"""How many components each layer keeps: at most a number of weights in all.

A layer whose two halves would have no fewer weights than it has stays as it is.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

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
    """The most gain for (1 - ratio) of all weights: by gain per weight, `step` ranks at a time.

    What follows the last rank of a layer is the layer as it is: it gains all that is missing for
    the few weights that the halves still save. MethodError when the smallest ranks need more.
    """
    ranks = [step] * len(curves)
    budget = (1 - ratio) * sum(c.dense for c in curves) - sum(step * c.cost for c in curves)
    if budget < 0:
        smallest = sum(step * c.cost for c in curves) / sum(c.dense for c in curves)
        raise MethodError(f"ratio is {ratio}, yet at rank {step} in every layer {smallest:.1%} of "
                          f"the weights are left. Ask for less than {1 - smallest:.3f}, or lower "
                          "round_to.")
    whole: set[int] = set()
    waiting = [(-_next(c, step, step)[0], i) for i, c in enumerate(curves)]
    heapq.heapify(waiting)
    while waiting:
        _, i = heapq.heappop(waiting)
        _, price = _next(curves[i], ranks[i], step)
        if price > budget:
            continue
        budget -= price
        if ranks[i] >= curves[i].largest(step):
            whole.add(i)
        else:
            ranks[i] += step
            heapq.heappush(waiting, (-_next(curves[i], ranks[i], step)[0], i))
    return [None if i in whole else rank for i, rank in enumerate(ranks)]


def _next(curve: Curve, rank: int, step: int) -> tuple[float, int]:
    """Gain per weight, and weights, of what follows `rank`."""
    end, price = rank + step, step * curve.cost
    if rank >= curve.largest(step):
        end, price = len(curve.gains), curve.dense - rank * curve.cost
    return float(curve.gains[rank:end].sum()) / price, price
