"""Finds the order of a recipe's methods: measures the pairs, sorts, verifies what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgec.compress.order.judge import Verdict, judge
from edgec.compress.order.perform import Result, forget_stages, open_bench
from edgec.compress.order.plan import Duel, Planner, Run
from edgec.compress.order.precedence import MEASURED, Edge, Sorted, sort
from edgec.compress.order.store import Store, Watch
from edgec.compress.order.workers import Here, Workers
from edgec.compress.recipe import Recipe

AGAINST_REVERSE, AGAINST_PRIOR, TWICE = "its reverse", "the published order", "in two passes"


@dataclass(frozen=True)
class Check:
    """A verification: of what kind, and what it gave; None where both would be the same."""

    kind: str
    names: tuple[str, ...]
    other: tuple[str, ...]
    verdict: Verdict | None


@dataclass(frozen=True)
class Cost:
    """runs: performed or found; hours: their sum, on one core each; epochs: of training in all."""

    runs: int
    hours: float
    epochs: float


@dataclass(frozen=True)
class Found:
    """What came out. pairs: of all that were measured. prior: the published order, as is legal."""

    sorted: Sorted
    prior: tuple[str, ...]
    edges: tuple[Edge, ...]
    pairs: tuple[Verdict, ...]
    checks: tuple[Check, ...]
    cost: Cost
    bench_sha256: str

    @property
    def order(self) -> tuple[str, ...]:
        """The order of the methods."""
        return self.sorted.names


@dataclass(frozen=True)
class Estimate:
    """What an experiment would cost. checks: runs of the verification, at most."""

    pairs: tuple[Run, ...]
    checks: int
    seconds: float


def find_order(recipe: Recipe, folder: Path, workers: Workers, watch: Watch) -> Found:
    """The order of the recipe's methods, measured; results of runs are kept in `folder`.

    An interrupted call goes on where it stopped. UsageError for a recipe that leaves nothing to
    order, MethodError for methods that cannot be applied in either order.
    """
    planner, store = Planner(recipe), Store(folder, open_bench(recipe))
    duels, fixed = planner.pairs(), planner.fixed()
    results = dict(store.complete(_runs(duels), workers, watch))
    pairs = tuple(judge(duel, results, planner.options) for duel in duels)
    measured = [edge for verdict in pairs if (edge := verdict.edge()) is not None]
    edges = (*fixed, *measured)
    found = sort(planner.names, edges)
    prior = sort(planner.names, [e for e in edges if e.kind != MEASURED])
    worst = sort(planner.names, edges, worst=True)
    asked = _asked(planner, found.names, worst.names, prior.names)
    results |= store.complete(_runs([d for *_, d in asked if d is not None]), workers, watch)
    checks = tuple(Check(kind, first, second,
                         None if duel is None else judge(duel, results, planner.options))
                   for kind, first, second, duel in asked)
    forget_stages(store.stages)
    every = _runs([*duels, *(d for *_, d in asked if d is not None)])
    return Found(found, prior.names, edges, pairs, checks, _cost(every, results),
                 store.bench_sha256)


def estimate(recipe: Recipe, folder: Path, watch: Watch) -> Estimate:
    """What `find_order` would run, and for how long on one core, from one run that is measured."""
    planner, store = Planner(recipe), Store(folder, open_bench(recipe))
    runs = _runs(planner.pairs())
    whole = planner.duel(planner.names, planner.names).all_runs()[::2]
    once = [duel for name in planner.names if (duel := planner.repeat(name)) is not None]
    checks = [*whole * 3, *_runs(once)]
    sample = (runs or checks)[0]
    seconds = store.complete([sample], Here(), watch)[sample.key].seconds
    share = sum(run.epochs for run in (*runs, *checks)) / sample.epochs if sample.epochs else len(
        (*runs, *checks))
    return Estimate(tuple(runs), len(checks), seconds * share)


def _asked(planner: Planner, found: tuple[str, ...], worst: tuple[str, ...],
           prior: tuple[str, ...]
           ) -> list[tuple[str, tuple[str, ...], tuple[str, ...], Duel | None]]:
    """What is verified: the order against two others, every method in two passes against one."""
    asked = [(kind, found, other, planner.duel(found, other, tested=True)
              if other != found else None)
             for kind, other in ((AGAINST_REVERSE, worst), (AGAINST_PRIOR, prior))]
    return [*asked, *((TWICE, (n, n), (n,), planner.repeat(n)) for n in found)]


def _runs(duels: Sequence[Duel]) -> list[Run]:
    """All runs, none twice. Both ways of a duel train alike, or it would show something else."""
    for duel in duels:
        for level in zip(*duel.runs, strict=True):
            epochs = [way[0].epochs for way in level]
            assert abs(epochs[0] - epochs[1]) < 1e-9, (duel.first, duel.second, epochs)
    return list({run.key: run for duel in duels for run in duel.all_runs()}.values())


def _cost(runs: Sequence[Run], results: Mapping[str, Result]) -> Cost:
    return Cost(len(runs), sum(results[run.key].seconds for run in runs) / 3600,
                sum(run.epochs for run in runs))
