"""From pairs to an order: a graph of what precedes what, sorted; the weakest edge of a cycle goes.

Kahn's algorithm; among the methods that could come next, the published order decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgec.compress.method import Method
from edgec.compress.recipe import prior_place
from edgec.errors import UsageError

FIXED, MEASURED, IMPOSSIBLE = "fixed", "measured", "impossible"


@dataclass(frozen=True)
class Edge:
    """`first` comes before `second`.

    kind: fixed by the methods, measured, or the other order is impossible. certainty: the effect
    in standard errors, of a measured edge.
    """

    first: str
    second: str
    kind: str
    reason: str
    certainty: float = float("inf")

    def turned(self) -> Edge:
        """The edge the other way round."""
        return replace(self, first=self.second, second=self.first)


@dataclass(frozen=True)
class Sorted:
    """names: the order. dropped: measured edges that contradicted stronger ones."""

    names: tuple[str, ...]
    dropped: tuple[Edge, ...]


def fixed_edge(first: tuple[str, Method], second: tuple[str, Method]) -> Edge | None:
    """The edge that the two methods demand by themselves, if any."""
    (a, one), (b, other) = first, second
    demands = [*_demands(a, one, b, other), *_demands(b, other, a, one)]
    if len({edge.first for edge in demands}) > 1:
        raise UsageError(f"{a} and {b} cannot be put in an order: "
                         + "; ".join(edge.reason for edge in demands)
                         + ". Take one of them out of the recipe.")
    return demands[0] if demands else None


def _demands(a: str, one: Method, b: str, other: Method) -> list[Edge]:
    """What makes a come before b."""
    first, second = one.place(), other.place()
    found = []
    if first.starts_over:
        found.append(f"{a} starts over, nothing of {b} would survive it")
    if second.quantizes and not first.takes_quantized:
        found.append(f"{a} does not take quantized models, and {b} makes one")
    if second.ends:
        found.append(f"what {b} chooses would be wrong after {a}")
    return [Edge(a, b, FIXED, reason) for reason in found]


def sort(names: Sequence[str], edges: Sequence[Edge], *, worst: bool = False) -> Sorted:
    """The order that keeps the edges.

    worst: the opposite as far as it is legal: measured edges and the published order turned round.
    UsageError when edges that nobody can drop contradict each other.
    """
    kept = [edge.turned() if worst and edge.kind == MEASURED else edge for edge in edges]
    dropped: list[Edge] = []
    while cycle := _cycle(names, kept):
        weakest = min((e for e in cycle if e.kind == MEASURED), default=None,
                      key=lambda e: e.certainty)
        if weakest is None:
            raise UsageError("no order is possible: " + "; ".join(e.reason for e in cycle)
                             + ". Take one of these methods out of the recipe.")
        kept.remove(weakest)
        dropped.append(weakest)
    return Sorted(_kahn(names, kept, -1 if worst else 1), tuple(dropped))


def _kahn(names: Sequence[str], edges: Sequence[Edge], sign: int) -> tuple[str, ...]:
    left, order = list(names), list[str]()
    while left:
        ready = [n for n in left if not any(e.second == n and e.first in left for e in edges)]
        order.append(min(ready, key=lambda n: (sign * prior_place(n), n)))
        left.remove(order[-1])
    return tuple(order)


def _cycle(names: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """The edges of one cycle; none when there is none."""
    left = set(names)
    while True:  # peel off what nothing precedes; a core that stays holds a cycle
        free = {n for n in left if not any(e.second == n and e.first in left for e in edges)}
        if not free:
            break
        left -= free
    if not left:
        return []
    into = {n: next(e for e in edges if e.second == n and e.first in left) for n in sorted(left)}
    seen: list[str] = []
    name = min(left)
    while name not in seen:  # walk backwards until a method comes again
        seen.append(name)
        name = into[name].first
    return [into[n] for n in seen[seen.index(name):]]
