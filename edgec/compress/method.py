"""The contract of every compression method: graph in, graph and report out.

A method is a frozen dataclass in `edgec/compress/methods/<name>.py`, exported there as `PLUGIN`.
Its fields are at once the keys of a recipe, the options of the command line and the arguments of
the Python call, so they are plain values: bool, int, float, str or a tuple of them.
`tests/contract/test_methods.py` runs over every method that is found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, get_type_hints

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec import registry
from edgec.errors import DataError, MethodError, UsageError

if TYPE_CHECKING:
    from edgec.model.task import Task
    from edgec.target.target import Target

PACKAGE = "edgec.compress.methods"
CALIBRATION_SAMPLES = 512

Array = npt.NDArray[Any]
T = TypeVar("T")
Batch = Mapping[str, Array]
Data = Iterable[Batch]
"""Inputs of a model by name, one mapping per run; see `edgec.model.data.load_batches`."""


class Report(Protocol):
    """What a method says about what it did."""

    def to_json(self) -> dict[str, Any]:
        """The report as values that `json.dumps` takes; finite numbers only."""


def option(default: T, help: str, *, file: bool = False) -> T:
    """A field of a method: its default, and what it means to a user.

    file: it names a file or package.module:callable; in a recipe relative to the recipe.
    """
    made: T = field(default=default, metadata={"help": help, "file": file})
    return made


@dataclass(frozen=True)
class Needs:
    """What a method must be given besides the model."""

    data: bool = False
    task: bool = False


def quiet(line: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Given:
    """What a method gets besides the model.

    data: typical inputs, some hundred runs; where it is None and there is a task, the first of the
    task's training samples. task: what to train for and to judge by; its test split is not in it.
    teacher: the model whose outputs fine-tuning follows, usually the float original. target: the
    board to fit to. seed: of everything random. progress: told what goes on, a line at a time.
    """

    data: Data | None = None
    task: Task | None = None
    teacher: ir.Model | None = None
    target: Target | None = None
    seed: int = 0
    progress: Callable[[str], None] = quiet


@dataclass(frozen=True)
class Compressed:
    """The result of a method: a new model and what was done. The method's input is untouched."""

    model: ir.Model
    report: Report


@dataclass(frozen=True)
class Place:
    """What fixes a method's place in a chain. All that it leaves open `edgec order` measures.

    starts_over: nothing that other methods did survives it, so it comes first. takes_quantized:
    works on models with QuantizeLinear nodes. quantizes: its result has them. ends: what it
    chooses, as thresholds on confidences, is wrong after any other change, so it comes last.
    """

    starts_over: bool = False
    takes_quantized: bool = False
    quantizes: bool = False
    ends: bool = False


@dataclass(frozen=True)
class Method(ABC):
    """One way to make a model smaller; subclasses add their options as fields."""

    needs: ClassVar[Needs] = Needs()

    @abstractmethod
    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """The reasons why this method cannot be applied, as sentences; none when it can."""

    @abstractmethod
    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """A new model and a report. Deterministic: equal inputs give equal bytes."""

    def place(self) -> Place:
        """Where it can stand among other methods."""
        return Place()

    def twice(self) -> tuple[Method, Method] | None:
        """Two gentler passes that together remove as much in as much training; None: only one."""
        return None

    @classmethod
    def file_options(cls) -> tuple[str, ...]:
        """The options that name files."""
        return tuple(f.name for f in fields(cls) if f.metadata.get("file"))

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


def run(method: Method, model: ir.Model, given: Given = Given()) -> Compressed:
    """Check, then apply. MethodError lists every problem; DataError when needed data is absent."""
    name = type(method).__name__
    if given.task is not None:
        given = replace(given, task=given.task.without_test())
    problems = list(method.check(model, given))
    if problems:
        listing = "\n".join(f"  {problem}" for problem in problems)
        raise MethodError(f"{name} cannot be applied to {model.graph.name or 'the model'}:\n"
                          f"{listing}")
    if method.needs.data and given.data is None:
        if given.task is None:
            raise DataError(f"{name} needs data and got none. Give some hundred typical inputs.")
        few = given.task.train.take(slice(CALIBRATION_SAMPLES))
        given = replace(given, data=tuple(few.runs()))
    if method.needs.task and given.task is None:
        raise DataError(f"{name} trains, and got no labelled samples. Give a task: an .npz with "
                        "train_x and train_y, or package.module:callable.")
    return _rechosen(method.apply(model, given), model, given)


def _rechosen(done: Compressed, before: ir.Model, given: Given) -> Compressed:
    """With thresholds of early exits for the model as it is now.

    Whatever changes a network changes how sure its exits are, and how often rightly.
    """
    from edgec.model.exits import KEY, read_choice

    choice = read_choice(done.model)
    if choice is None or given.task is None or (
            done.model.metadata_props[KEY] != before.metadata_props.get(KEY)):
        return done
    from edgec.compress.exits.calibrate import calibrate

    model, _ = calibrate(done.model, given.task, choice.max_drop, choice.per_exit)
    return replace(done, model=model)


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
