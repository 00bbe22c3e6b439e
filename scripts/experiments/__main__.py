"""The command line of `scripts/experiment`: one verb for each module with a `COMMAND`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import experiments
from edgec.errors import EdgecError
from experiments.command import Command


def commands() -> dict[str, Command]:
    """The experiments that are there, by name."""
    found = {}
    for module in pkgutil.iter_modules(experiments.__path__):
        if not module.name.startswith("__"):
            command = getattr(importlib.import_module(f"experiments.{module.name}"), "COMMAND",
                              None)
            if command is not None:
                found[module.name] = command
    return found


def parser() -> argparse.ArgumentParser:
    """Every experiment takes --data and --out and explains itself with --help."""
    top = argparse.ArgumentParser(prog="scripts/experiment",
                                  description="Experiments of compression on real data.")
    verbs = top.add_subparsers(metavar="NAME", required=True)
    for name, command in commands().items():
        verb = verbs.add_parser(name, help=command.summary, description=command.summary,
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        verb.add_argument("--data", type=Path, default=Path("data"), help="folder of the data sets")
        verb.add_argument("--out", type=Path, default=Path("build/experiments"),
                          help="folder of results; an interrupted run goes on from there")
        verb.add_argument("--threads", type=int, default=1, help="torch threads")
        command.add_arguments(verb)
        verb.set_defaults(run=command.run)
    return top


def main() -> int:
    """Exit code 0, or 1 with one message."""
    import torch

    arguments = parser().parse_args()
    torch.set_num_threads(arguments.threads)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        arguments.run(arguments)
    except EdgecError as error:
        print(f"experiment: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
