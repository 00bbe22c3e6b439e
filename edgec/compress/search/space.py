"""The strengths that a search may choose, as Optuna's parameters and as plain values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgec.compress.recipe import MethodTable, Range

if TYPE_CHECKING:
    from optuna.trial import Trial

Strengths = Mapping[str, Mapping[str, Any]]
"""Options by method."""

RANGE_POINTS = 5


class Space:
    """Parameters are called method.option; what a list holds is chosen by its index."""

    def __init__(self, tables: Sequence[MethodTable]) -> None:
        self._tables = tuple(tables)
        self._lists = {f"{t.name}.{k}": v for t in tables for k, v in t.strengths.items()}
        self._ranges = {f"{t.name}.{k}": v for t in tables for k, v in t.ranges.items()}

    @property
    def size(self) -> int | None:
        """How many combinations there are; None where a range has no end of values."""
        if self._ranges:
            return None
        count = 1
        for values in self._lists.values():
            count *= len(values)
        return count

    def all(self) -> Iterator[dict[str, Any]]:
        """Every combination, as parameters; those of a space without ranges."""
        for chosen in itertools.product(*(range(len(v)) for v in self._lists.values())):
            yield dict(zip(self._lists, chosen, strict=True))

    def middle(self) -> dict[str, Any]:
        """The middle strengths, as parameters."""
        return ({name: len(values) // 2 for name, values in self._lists.items()}
                | {name: values.middle() for name, values in self._ranges.items()})

    def grid(self, most: int) -> Iterator[Strengths]:
        """Strengths that show what the search may ask for: every combination of the lists where
        those are at most `most`, else and of ranges RANGE_POINTS values, the others in the middle.
        """
        walk = list(self._listed()) if math.prod(map(len, self._lists.values())) <= most else []
        middle = self._by_method(self.middle())
        yield from walk or [middle]
        singles = {} if walk else {name: range(len(v)) for name, v in self._lists.items()}
        for name, values in (singles | {n: _points(r) for n, r in self._ranges.items()}).items():
            for value in values:
                yield self._by_method({**self.middle(), name: value})

    def _listed(self) -> Iterator[Strengths]:
        for params in self.all():
            yield self._by_method({**self.middle(), **params})

    def _by_method(self, params: Mapping[str, Any]) -> Strengths:
        found: dict[str, dict[str, Any]] = {t.name: {} for t in self._tables}
        for name, value in params.items():
            method, option = name.split(".", 1)
            found[method][option] = self._lists[name][value] if name in self._lists else value
        return found

    def suggest(self, trial: Trial) -> Strengths:
        """The strengths of a trial."""
        listed = {name: trial.suggest_int(name, 0, len(values) - 1) if _ordered(values)
                  else trial.suggest_categorical(name, range(len(values)))
                  for name, values in self._lists.items()}
        return self._by_method(listed | {name: _between(trial, name, limits)
                                         for name, limits in self._ranges.items()})


def _points(limits: Range) -> list[Any]:
    """Values from one end to the other, on the range's scale."""
    points = (np.geomspace if limits.log else np.linspace)(limits.low, limits.high, RANGE_POINTS)
    return sorted({round(p) for p in points}) if limits.whole else [float(p) for p in points]


def _between(trial: Trial, name: str, limits: Range) -> Any:
    if limits.whole:
        return trial.suggest_int(name, int(limits.low), int(limits.high), log=limits.log)
    return trial.suggest_float(name, limits.low, limits.high, log=limits.log)


def _ordered(values: Sequence[Any]) -> bool:
    """Whether an index says more than a name: numbers that only grow or only fall."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return numbers and list(values) in (sorted(values), sorted(values, reverse=True))
