"""Every error that a user of edgec can cause, in one tree.

    EdgecError
    ├── UsageError            an argument or option that does not fit
    │   └── UnknownName       a name that is not in a list of known names
    ├── ModelError            a model file or module that cannot be read or is malformed
    │   └── UnsupportedOps    nodes that edgec has no handler for, all of them at once
    ├── DataError             calibration, test or input data that does not fit the model
    ├── TargetError           a board or CPU description that is wrong
    ├── MethodError           a compression method that cannot do what was asked
    ├── LoweringError         a graph that cannot be lowered
    ├── FormatError           an .edgec file, bundle or result that is malformed
    ├── BuildError            the C++ engine could not be built, or a compiler is missing
    ├── EngineError           the C++ engine refused a model or an input
    ├── MissingExtra          an optional package that is not installed
    ├── DeployError           something on the way to or on the board
    │   ├── ConnectError      no connection, or the host key was refused
    │   ├── BoardBusy         somebody else holds the board's lock
    │   └── StepFailed        a step of the plan failed; the board keeps its old release
    └── MeasureError          a measurement that could not be made

A message has three parts: what failed and where; what was found and what is allowed; what to do.
Only `edgec.cli` prints. An EdgecError is printed without a traceback and exits 1; anything else
is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any


class EdgecError(Exception):
    """Base of all errors that edgec raises on purpose. They travel between processes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[EdgecError], args: tuple[Any, ...], state: dict[str, Any]) -> EdgecError:
    """The error with its message: most that have parts make it of them in `__init__`."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(EdgecError):
    """An argument or option that does not fit."""


class UnknownName(UsageError):
    """A name that is not in a list of known names; the message lists the known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        listing = ", ".join(names) if names else "none"
        super().__init__(f"no {kind} named {name!r}{hint} There are: {listing}."
                         if close else f"no {kind} named {name!r}. There are: {listing}.")


class ModelError(EdgecError):
    """A model file or module that cannot be read or is malformed."""


class UnsupportedOps(ModelError):
    """Nodes that have no handler: one error that lists every one of them by name and op."""

    def __init__(self, where: str, nodes: Sequence[tuple[str, str]],
                 way_out: str = "Write them with other operators, or leave them out of the model "
                                "and compute them outside.") -> None:
        self.nodes = tuple(nodes)
        lines = "\n".join(f"  {name or '(unnamed)'}: {op}" for name, op in self.nodes)
        super().__init__(f"{where} does not support {len(self.nodes)} node(s):\n{lines}\n"
                         f"{way_out}")


class DataError(EdgecError):
    """Calibration, test or input data that does not fit the model."""


class TargetError(EdgecError):
    """A board or CPU description that is wrong."""


class MethodError(EdgecError):
    """A compression method that cannot do what was asked."""


class LoweringError(EdgecError):
    """A graph that cannot be lowered."""


class FormatError(EdgecError):
    """An .edgec file, bundle or result file that is malformed."""


class BuildError(EdgecError):
    """The C++ engine could not be built, or a compiler is missing."""


class EngineError(EdgecError):
    """The C++ engine refused a model or an input."""


class MissingExtra(EdgecError):
    """An optional package that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}, which is not installed. "
                         f"Install it with: pip install 'edgec[{extra}]'")


class DeployError(EdgecError):
    """Something on the way to the board or on it."""


class ConnectError(DeployError):
    """No connection to the board, or its host key was refused."""


class BoardBusy(DeployError):
    """Somebody else holds the board's lock."""


class StepFailed(DeployError):
    """A step of a deployment plan failed; the board keeps its old release."""


class MeasureError(EdgecError):
    """A measurement that could not be made."""
