"""The table [search] of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from edgec.compress.cost import Cost
from edgec.compress.recipe import Limits
from edgec.errors import UsageError

GOALS = ("score", "bytes", "latency_us", "bit_ops")


@dataclass(frozen=True)
class SearchOptions:
    """trials: combinations of strengths to try. goal: what the best model is best in, among those
    that meet the limits. recover: a trial is given up when validation after one of its steps is
    worse than the limit by more than this, which no later step wins back.
    """

    trials: int = 20
    goal: str = "score"
    recover: float = 0.1

    def worth(self, score: float, cost: Cost) -> tuple[float, ...]:
        """Larger is better: the goal first; then the score, and the target's time or the bytes."""
        price = float(cost.bytes) if cost.latency_us is None else cost.latency_us
        if self.goal == "score":
            return score, -price
        return -cost_named(cost, self.goal), score, -price


def read_options(table: Mapping[str, Any], limits: Limits, *, target: bool) -> SearchOptions:
    """The options; UsageError for what does not fit, also in the limits.

    Without a goal: the score where a cost is limited, else the target's time or the bytes, since
    the weakest strengths keep the score best.
    """
    known = {f.name: type(f.default) for f in fields(SearchOptions)}
    for name, value in table.items():
        if name not in known:
            raise UsageError(f"[search] has no key {name!r}. There are: {', '.join(known)}.")
        wanted: Any = (int, float) if known[name] is float else known[name]
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise UsageError(f"[search]: {name} is {value!r}; it must be of type "
                             f"{known[name].__name__}.")
    costs = (limits.bytes, limits.latency_us, limits.worst_latency_us,
             limits.bit_ops_ratio)
    usual = "latency_us" if target else "bytes"
    options = SearchOptions(**{"goal": "score" if any(costs) else usual, **table})
    _check(options, limits, target)
    return options


def cost_named(cost: Cost, name: str) -> float:
    """One number of a cost, by its name in [limits] or [search]."""
    value = getattr(cost, name)
    assert value is not None
    return float(value)


def _check(options: SearchOptions, limits: Limits, target: bool) -> None:
    if options.trials < 1:
        raise UsageError(f"[search]: trials is {options.trials}; it must be 1 or more.")
    if options.recover < 0:
        raise UsageError(f"[search]: recover is {options.recover}; it must be 0 or more.")
    if options.goal not in GOALS:
        raise UsageError(f"[search]: goal is {options.goal!r}; it must be one of "
                         f"{', '.join(GOALS)}.")
    timed = limits.latency_us or limits.worst_latency_us or options.goal == "latency_us"
    if not target and timed:
        raise UsageError("latency_us is asked for and the recipe names no target. Add one, as "
                         "target = \"raspberry_pi_4\"; `edgec targets` lists them.")
    if limits.energy_uj:
        raise UsageError("[limits]: energy_uj cannot be searched for: energy is not measured layer "
                         "by layer. Limit latency_us, and measure the result's energy with "
                         "`edgec bench`.")
