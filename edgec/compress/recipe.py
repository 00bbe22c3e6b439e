"""A recipe: what to compress, for what, within which limits; a TOML file, read strictly.

    model = "net.onnx"                  # or package.module:callable
    target = "raspberry_pi_4"
    seed = 1

    [task]
    data = "words.npz"                  # or package.module:callable that returns a Task
    loss = "cross_entropy"              # and metric = "top1": edgec.model.losses, .metrics
    validation = 0.15                   # of the training samples, where data has no others
    augment = "ours.data:shifted"       # (inputs by name [n, ...], numpy generator) -> inputs
    kind = "signal"                     # or image: what robustness is judged by; default: shapes

    [limits]                            # of the result; each may be left out
    drop = 0.01                         # of the metric on validation, against the float model
    bytes = 60000                       # of the artifact
    latency_us = 500                    # on the target, from its table of layer costs: the mean
    worst_latency_us = 700              # of a run that passes all early exits

    [methods.prune]                     # options as `edgec methods prune` lists them
    ratio = [0.3, 0.5, 0.7]             # a list: the strengths to try
    # or ratio = {low = 0.3, high = 0.8}: all between them; log = true: on a scale of factors
    epochs = 4

    [methods.quantize]
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from edgec.compress import method
from edgec.compress.chain import Step
from edgec.errors import UsageError

PRIOR = ("distill", "lowrank", "prune", "sparsify", "early_exit", "quantize", "qat")
"""The order to begin with: Shen et al. 2024, arXiv 2403.17447, with low rank before pruning. They
have exits last; ours need a float model for their heads, and thresholds are chosen at the end."""

TASK = {"data": str, "loss": str, "metric": str, "kind": str, "validation": float, "augment": str}
_KINDS = {"model": str, "target": str, "seed": int, "order": list, "task": dict, "limits": dict,
          "methods": dict, "search": dict, "compare": dict}


@dataclass(frozen=True)
class Limits:
    """What the result must keep; None: no limit. drop: of the metric on validation.

    latency_us: of a model with early exits the mean; worst_latency_us: passing them all.
    """

    drop: float | None = None
    bytes: int | None = None
    latency_us: float | None = None
    worst_latency_us: float | None = None
    energy_uj: float | None = None
    bit_ops_ratio: float | None = None


@dataclass(frozen=True)
class Range:
    """All numbers from low to high, both included; whole ones where both ends are."""

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only integers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def middle(self) -> float:
        """The value half way."""
        value = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return round(value) if self.whole else value


@dataclass(frozen=True)
class MethodTable:
    """One method of a recipe. fixed: its options. strengths: options with several values to try.

    ranges: options with all values of a range to try.
    """

    name: str
    fixed: Mapping[str, Any]
    strengths: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)

    def step(self, chosen: Mapping[str, Any] | None = None) -> Step:
        """The step with these strengths; without, each one's value in the middle of its list."""
        options = {**self.fixed, **self.middle(), **(chosen or {})}
        return Step(self.name, method.load(self.name).from_options(options))

    def middle(self) -> dict[str, Any]:
        """Of every strength the value in the middle."""
        return ({name: values[len(values) // 2] for name, values in self.strengths.items()}
                | {name: values.middle() for name, values in self.ranges.items()})


@dataclass(frozen=True)
class Recipe:
    """model, target, task: as the verbs of the command line take them; paths are absolute.

    order: names of methods, () where the recipe leaves it open. search, compare: options of
    `edgec compress` and `edgec order`, checked there.
    """

    model: str
    methods: tuple[MethodTable, ...]
    target: str | None = None
    seed: int = 0
    task: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()
    order: tuple[str, ...] = ()
    search: Mapping[str, Any] = field(default_factory=dict)
    compare: Mapping[str, Any] = field(default_factory=dict)

    def ordered(self, order: Sequence[str] = ()) -> tuple[MethodTable, ...]:
        """The methods in the order given, else the recipe's own, else the prior's."""
        names = list(order or self.order or sorted(
            (table.name for table in self.methods), key=prior_place))
        tables = {table.name: table for table in self.methods}
        if sorted(names) != sorted(tables):
            raise UsageError(f"the order is {', '.join(names)} and the recipe's methods are "
                             f"{', '.join(tables)}. Name each of them once.")
        return tuple(tables[name] for name in names)


def read_recipe(path: Path) -> Recipe:
    """The recipe in the file `path`; UsageError that names the key for all that can be wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the recipe {path}: {error.strerror or error}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the recipe {path} is not TOML: {error}.") from None
    return parse_recipe(document, path.parent.absolute(), str(path))


def parse_recipe(document: Mapping[str, Any], folder: Path, where: str) -> Recipe:
    """The recipe in a TOML document; paths in it are relative to `folder`."""
    _check(document, _KINDS, where)
    for key in ("model", "methods"):
        if not document.get(key):
            raise UsageError(f"{where}: {key!r} is missing. A recipe needs a model and at least "
                             "one [methods.<name>].")
    task = _table(document, "task", TASK, where)
    if task and "data" not in task:
        raise UsageError(f"{where} [task]: 'data' is missing: an .npz or package.module:callable.")
    if task:
        task["data"] = located(task["data"], folder)
    limits = _table(document, "limits", {f.name: float for f in fields(Limits)}, where)
    for name, value in limits.items():
        if not value > 0:
            raise UsageError(f"{where} [limits]: {name} is {value}; it must be above 0.")
    if document.get("seed", 0) < 0:
        raise UsageError(f"{where}: seed is {document['seed']}; it must be 0 or more.")
    target = document.get("target")
    return Recipe(
        model=located(document["model"], folder),
        target=located(target, folder) if target and target.endswith(".toml") else target,
        seed=document.get("seed", 0), task=task, limits=Limits(**limits),
        methods=tuple(_method(name, table, folder, where)
                      for name, table in document["methods"].items()),
        order=_order(document.get("order", []), document["methods"], where),
        search=document.get("search", {}), compare=document.get("compare", {}))


def _order(names: list[Any], methods: Mapping[str, Any], where: str) -> tuple[str, ...]:
    if names and sorted(map(str, names)) != sorted(methods):
        raise UsageError(f"{where}: order is {', '.join(map(str, names))} and the methods are "
                         f"{', '.join(methods)}. Name each of them once, or leave order out.")
    return tuple(names)


def _method(name: str, table: Any, folder: Path, where: str) -> MethodTable:
    cls = method.load(name)
    if not isinstance(table, dict):
        raise UsageError(f"{where}: methods.{name} is {table!r}; it must be a table.")
    table = table | {key: _all_located(table[key], folder) for key in cls.file_options()
                     if key in table}
    tuples = {f.name for f in fields(cls) if isinstance(f.default, tuple)}
    listed = {key: tuple(value) for key, value in table.items()
              if isinstance(value, list) and key not in tuples}
    if empty := [key for key, values in listed.items() if not values]:
        raise UsageError(f"{where} [methods.{name}]: {empty[0]} is an empty list; give values to "
                         "try, or one value.")
    ranges = {key: _range(value, f"{where} [methods.{name}]: {key}")
              for key, value in table.items() if isinstance(value, dict)}
    made = MethodTable(name, {k: v for k, v in table.items() if k not in {*listed, *ranges}},
                       listed, ranges)
    ends = {key: (found.low, found.high) for key, found in ranges.items()}
    try:
        for key, values in (listed | ends).items():
            for value in values:
                made.step({key: value})  # says what is wrong with a value
        made.step()
    except UsageError as error:
        raise UsageError(f"{where} [methods.{name}]: {error}") from None
    return made


def _range(table: Mapping[str, Any], where: str) -> Range:
    _check({k: v for k, v in table.items() if k != "log"}, {"low": float, "high": float}, where)
    log = table.get("log", False)
    if not {"low", "high"} <= set(table) or not isinstance(log, bool):
        raise UsageError(f"{where} is {dict(table)}. A range is {{low = 0.3, high = 0.8}}, and "
                         "log = true where it is one of factors.")
    made = Range(table["low"], table["high"], log)
    if not made.low < made.high or (log and made.low <= 0):
        raise UsageError(f"{where} goes from {made.low} to {made.high}; low must be below high"
                         + (", and above 0 with log." if log else "."))
    return made


def _table(document: Mapping[str, Any], name: str, kinds: Mapping[str, type],
           where: str) -> dict[str, Any]:
    table = dict(document.get(name, {}))
    _check(table, kinds, f"{where} [{name}]")
    return table


def _check(table: Mapping[str, Any], kinds: Mapping[str, type], where: str) -> None:
    for key, value in table.items():
        if key not in kinds:
            raise UsageError(f"{where} has no key {key!r}. There are: {', '.join(kinds)}.")
        wanted = (int, float) if kinds[key] is float else kinds[key]
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise UsageError(f"{where}: {key} is {value!r}; it must be of type "
                             f"{kinds[key].__name__}.")


def located(spec: str, folder: Path) -> str:
    """A path relative to the recipe's folder as an absolute one; module:callable and "" stay."""
    path = folder / spec
    return str(path) if spec and (path.exists() or ":" not in spec) else spec


def _all_located(value: Any, folder: Path) -> Any:
    """An option that names a file, or a list of such to try; what is no text stays."""
    if isinstance(value, list):
        return [_all_located(one, folder) for one in value]
    return located(value, folder) if isinstance(value, str) else value


def prior_place(name: str) -> int:
    """Where a method stands in the prior order; methods that it does not know come last."""
    return PRIOR.index(name) if name in PRIOR else len(PRIOR)
