"""The command lines of run and bench: those of the engine's programs, with the same exit codes."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from edgec.errors import EdgecError, UsageError

THREADS_LIMIT = 256


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving with exit code 2, which means "--expect differs"."""

    def error(self, message: str) -> NoReturn:
        """UsageError."""
        raise UsageError(f"{message}; --help shows how")


def parser(program: str, purpose: str) -> Parser:
    """The options that both programs have."""
    made = Parser(prog=program, description=purpose, allow_abbrev=False)
    made.add_argument("model", metavar="MODEL.tflite", nargs="?", default="")
    made.add_argument("--input", action="append", default=[], metavar="FILE.npy",
                      help="fills the next input")
    made.add_argument("--threads", type=whole(1, THREADS_LIMIT), default=1, metavar="N")
    made.add_argument("--isa", metavar="NAME", help="not for LiteRT, which chooses by itself")
    return made


def require_model(arguments: argparse.Namespace) -> None:
    """UsageError without a model, or with an instruction set."""
    if not arguments.model:
        raise UsageError("no model given; --help shows how")
    if arguments.isa:
        raise UsageError(f"--isa is {arguments.isa!r}; LiteRT chooses its instruction set by "
                         "itself. Leave the option out")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A type for options that are whole numbers in [low, high]."""
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"{text!r} given, allowed are {low} to {high}")
        return int(text)
    return convert


def amount(text: str) -> float:
    """A type for options that are finite numbers, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} given, allowed is a number, 0 or more")
    return value


def start(program: str, execute: Callable[[Sequence[str]], int]) -> int:
    """The exit code of `execute`; 1 with one line on the standard error for an EdgecError."""
    try:
        return execute(sys.argv[1:])
    except EdgecError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return 1
