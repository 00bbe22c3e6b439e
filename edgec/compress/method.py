"""The contract of every compression method: graph in, graph and report out.

A method is a frozen dataclass in `edgec/compress/methods/<name>.py`, exported there as `PLUGIN`.
Its fields are at once the keys of a recipe, the options of the command line and the arguments of
the Python call, so they are plain values: bool, int, float, str or a tuple of them.
`tests/contract/test_methods.py` runs over every method that is found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, get_type_hints

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec import registry
from edgec.errors import DataError, MethodError, UsageError

if TYPE_CHECKING:
    from edgec.target.target import Target

PACKAGE = "edgec.compress.methods"

Array = npt.NDArray[Any]
T = TypeVar("T")
Batch = Mapping[str, Array]
Data = Iterable[Batch]
"""Inputs of a model by name, one mapping per run; see `edgec.model.data.load_batches`."""


class Report(Protocol):
    """What a method says about what it did."""

    def to_json(self) -> dict[str, Any]:
        """The report as values that `json.dumps` takes; finite numbers only."""


def option(default: T, help: str) -> T:
    """A field of a method: its default, and what it means to a user."""
    made: T = field(default=default, metadata={"help": help})
    return made


@dataclass(frozen=True)
class Needs:
    """What a method must be given besides the model."""

    data: bool = False
    training: bool = False


@dataclass(frozen=True)
class Compressed:
    """The result of a method: a new model and what was done. The method's input is untouched."""

    model: ir.Model
    report: Report


@dataclass(frozen=True)
class Method(ABC):
    """One way to make a model smaller; subclasses add their options as fields."""

    needs: ClassVar[Needs] = Needs()

    @abstractmethod
    def check(self, model: ir.Model, target: Target | None = None) -> Iterator[str]:
        """The reasons why this method cannot be applied, as sentences; none when it can."""

    @abstractmethod
    def apply(self, model: ir.Model, data: Data | None) -> Compressed:
        """A new model and a report. Deterministic: equal inputs give equal bytes."""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The method from a recipe or a command line; UsageError for what does not fit."""
        hints = get_type_hints(cls)
        known = [f.name for f in fields(cls)]
        for name, value in options.items():
            if name not in known:
                raise UsageError(f"{cls.__name__} has no option {name!r}. There are: "
                                 f"{', '.join(known) or 'none'}.")
            if not _fits(value, hints[name]):
                raise UsageError(f"{cls.__name__}: option {name} = {value!r} is not of type "
                                 f"{_type_name(hints[name])}.")
        return cls(**{name: tuple(value) if isinstance(value, list) else value
                      for name, value in options.items()})


def run(method: Method, model: ir.Model, data: Data | None = None,
        target: Target | None = None) -> Compressed:
    """Check, then apply. MethodError lists every problem; DataError when needed data is absent."""
    name = type(method).__name__
    problems = list(method.check(model, target))
    if problems:
        listing = "\n".join(f"  {problem}" for problem in problems)
        raise MethodError(f"{name} cannot be applied to {model.graph.name or 'the model'}:\n"
                          f"{listing}")
    if method.needs.data and data is None:
        raise DataError(f"{name} needs data and got none. Give some hundred typical inputs.")
    return method.apply(model, data)


def names() -> tuple[str, ...]:
    """The methods that are there."""
    return registry.names(PACKAGE)


def load(name: str) -> type[Method]:
    """The method's class; UnknownName lists the known ones."""
    plugin: type[Method] = registry.load(PACKAGE, name, "method")
    return plugin


def _fits(value: Any, hint: Any) -> bool:
    """Whether a plain value has the type of a field: bool, int, float, str or tuple[T, ...]."""
    if isinstance(value, list | tuple):
        element = getattr(hint, "__args__", (object,))[0]
        return getattr(hint, "__origin__", None) is tuple and all(_fits(v, element) for v in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(hint, type) and isinstance(value, hint)


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and hint.__module__ == "builtins" else str(hint)
