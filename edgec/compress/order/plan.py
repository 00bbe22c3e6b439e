"""What to run: both orders of every pair at every strength with every seed, trained alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import combinations
from typing import Any

from edgec.compress.chain import Step
from edgec.compress.method import Method
from edgec.compress.methods.finetune import Finetune
from edgec.compress.order.precedence import Edge, fixed_edge
from edgec.compress.recipe import MethodTable, Recipe
from edgec.compress.training.options import TrainingMethod
from edgec.errors import UsageError
from edgec.provenance import sha256_of_json


@dataclass(frozen=True)
class Compare:
    """[compare] of a recipe.

    seeds: runs of each order at each strength; both orders share them. min_effect: of the metric; a
    smaller one is a tie. confidence: of the intervals. epochs: of fine-tuning behind a method that
    does not train; below 0: the most that any method of the recipe trains. learning_rate: of that
    fine-tuning. cost_tolerance: two orders whose models differ by a larger share of MACs or
    parameters are not compared at equal cost.
    """

    seeds: int = 3
    min_effect: float = 0.003
    confidence: float = 0.95
    epochs: float = -1.0
    learning_rate: float = 1e-3
    cost_tolerance: float = 0.05


@dataclass(frozen=True)
class Run:
    """One chain with one seed. tested: it is scored on the test split too, for the report alone.

    strengths: what varies, by method, for people.
    """

    steps: tuple[Step, ...]
    seed: int
    tested: bool = False
    strengths: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """What identifies the run among those of one model and task."""
        return sha256_of_json([_plain(self.steps), self.seed, self.tested])[:24]

    @property
    def family(self) -> str:
        """Runs of one family begin with the same steps, whose results they share."""
        return sha256_of_json([_plain(self.steps[:1]), self.seed])[:16]

    @property
    def epochs(self) -> float:
        """Of training in all."""
        return sum(trained_epochs(step.method) for step in self.steps)

    def __str__(self) -> str:
        names = [" ".join([s.name, *(f"{name}={value}" for name, value in
                                     self.strengths.get(s.name, {}).items())]) for s in self.steps]
        return f"{' → '.join(names)}, seed {self.seed}"


@dataclass(frozen=True)
class Duel:
    """Two ways to do the same: names of each, and their runs [strength][seed]."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    runs: tuple[tuple[tuple[Run, ...], ...], tuple[tuple[Run, ...], ...]]
    strengths: tuple[Mapping[str, Any], ...]

    def all_runs(self) -> list[Run]:
        """The runs of both, pairs side by side."""
        return [run for level in zip(*self.runs, strict=True)
                for pair in zip(*level, strict=True) for run in pair]


class Planner:
    """Makes the runs of one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self.options = parse_compare(recipe.compare)
        self.tables = {table.name: table for table in recipe.methods}
        if len(self.tables) < 2:
            raise UsageError("the recipe has one method; an order needs two. Add [methods.<name>].")
        self.names = tuple(table.name for table in recipe.ordered())
        self.seeds = tuple(range(recipe.seed, recipe.seed + self.options.seeds))
        self.levels = {name: levels(table) for name, table in self.tables.items()}
        most = max(trained_epochs(step.method) for ls in self.levels.values() for _, step in ls)
        self.recovery = self.options.epochs if self.options.epochs >= 0 else most

    def fixed(self) -> list[Edge]:
        """The edges that the methods demand by themselves."""
        found = [fixed_edge((a, self.method(a)), (b, self.method(b)))
                 for a, b in combinations(self.names, 2)]
        return [edge for edge in found if edge is not None]

    def method(self, name: str) -> Method:
        """The method at its first strength; its place is the same at all of them."""
        return self.levels[name][0][1].method

    def pairs(self) -> list[Duel]:
        """Both orders of every pair that nothing fixes."""
        fixed = {frozenset((edge.first, edge.second)) for edge in self.fixed()}
        return [self.duel((a, b), (b, a)) for a, b in combinations(self.names, 2)
                if frozenset((a, b)) not in fixed]

    def duel(self, first: Sequence[str], second: Sequence[str], *, tested: bool = False) -> Duel:
        """Two orders of the same methods, at every strength."""
        count = max(len(self.levels[name]) for name in first)
        at = [{name: self.at(name, i, count) for name in first} for i in range(count)]
        told = tuple({n: dict(level[n][0]) for n in first} for level in at)
        runs = tuple(tuple(self.runs(self._recovered([level[n][1] for n in names]), tested, words)
                           for level, words in zip(at, told, strict=True))
                     for names in (first, second))
        return Duel(tuple(first), tuple(second), (runs[0], runs[1]), told)

    def repeat(self, name: str) -> Duel | None:
        """The method in two gentler passes against once, at every strength; None: it cannot be."""
        once, twice = [], []
        for chosen, step in self.levels[name]:
            halves = step.method.twice()
            if halves is None:
                return None
            once.append(self.runs(self._recovered([step]), True, {name: dict(chosen)}))
            passes = [Step(name, half) for half in halves]
            twice.append(self.runs(self._recovered(passes, self.recovery / 2), True))
        return Duel((name, name), (name,), (tuple(twice), tuple(once)),
                    tuple({name: dict(chosen)} for chosen, _ in self.levels[name]))

    def middle(self, names: Sequence[str]) -> Run:
        """The methods in this order at their middle strengths, with the first seed."""
        steps = [self.at(name, 0, 1)[1] for name in names]
        return Run(self._recovered(steps), self.seeds[0])

    def runs(self, steps: tuple[Step, ...], tested: bool,
             strengths: Mapping[str, Any] | None = None) -> tuple[Run, ...]:
        """The chain with every seed."""
        return tuple(Run(steps, seed, tested, strengths or {}) for seed in self.seeds)

    def at(self, name: str, index: int, count: int) -> tuple[Mapping[str, Any], Step]:
        """The strength of a method at one of `count` levels; with fewer of its own, the nearest."""
        own = self.levels[name]
        place = index * (len(own) - 1) / max(1, count - 1) if count > 1 else len(own) // 2
        return own[round(place)]

    def _recovered(self, steps: Sequence[Step], epochs: float = -1.0) -> tuple[Step, ...]:
        """The steps; behind each that trains nothing, and leaves floats, comes fine-tuning."""
        epochs = self.recovery if epochs < 0 else epochs
        found: list[Step] = []
        for step in steps:
            found.append(step)
            floats = not step.method.place().quantizes
            if floats and epochs and not trained_epochs(step.method):
                found.append(Step("finetune", Finetune(
                    epochs=epochs, learning_rate=self.options.learning_rate)))
        return tuple(found)


def levels(table: MethodTable) -> tuple[tuple[Mapping[str, Any], Step], ...]:
    """The strengths of a method and its step at each. UsageError for lists of several lengths."""
    counts = {name: len(values) for name, values in table.strengths.items()}
    if len(set(counts.values())) > 1:
        raise UsageError(f"[methods.{table.name}]: "
                         + ", ".join(f"{name} has {n} values" for name, n in counts.items())
                         + ". For an order, give lists of one length: one value for each strength.")
    count = next(iter(counts.values()), 1)
    chosen = [{name: values[i] for name, values in table.strengths.items()} for i in range(count)]
    return tuple((options, table.step(options)) for options in chosen)


def trained_epochs(method: Method) -> float:
    """Passes over the training samples that the method asks for."""
    return method.epochs if isinstance(method, TrainingMethod) else 0.0


def parse_compare(table: Mapping[str, Any]) -> Compare:
    """The options of [compare]; UsageError that names what is wrong."""
    known = {f.name: f.default for f in fields(Compare)}
    for name, value in table.items():
        if name not in known:
            raise UsageError(f"[compare] has no option {name!r}. There are: {', '.join(known)}.")
        wanted = int if isinstance(known[name], int) else (int, float)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise UsageError(f"[compare]: {name} is {value!r}; it must be a number"
                             f"{' without fraction' if wanted is int else ''}.")
    made = Compare(**table)
    for name, fits, rule in (
            ("seeds", made.seeds >= 2, "2 or more, or there is no interval"),
            ("min_effect", made.min_effect >= 0, "0 or more"),
            ("confidence", 0.5 <= made.confidence < 1, "at least 0.5 and below 1"),
            ("learning_rate", made.learning_rate > 0, "above 0"),
            ("cost_tolerance", made.cost_tolerance >= 0, "0 or more")):
        if not fits:
            raise UsageError(f"[compare]: {name} is {getattr(made, name)}; it must be {rule}.")
    return made


def _plain(steps: Sequence[Step]) -> list[list[Any]]:
    return [[step.name, asdict(step.method)] for step in steps]
