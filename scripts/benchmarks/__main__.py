"""The command line of `scripts/bench`."""

from __future__ import annotations

import argparse
import sys

from benchmarks import arm, backends, compare, kernels, models, peers, profile
from edgec.errors import EdgecError

COMMANDS = (models.COMMAND, peers.COMMAND, profile.COMMAND, kernels.COMMAND, arm.COMMAND,
            compare.COMMAND, backends.COMMAND)


def parser() -> argparse.ArgumentParser:
    """One verb per command; each explains itself with --help."""
    top = argparse.ArgumentParser(
        prog="scripts/bench", description="Benchmarks of the engine. Start with: scripts/bench "
        "models. Every command explains itself: scripts/bench COMMAND --help")
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        verb = verbs.add_parser(command.name, help=command.summary,
                                description=f"{command.summary} {command.description}",
                                formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        command.add_arguments(verb)
        verb.set_defaults(run=command.run)
    return top


def main() -> int:
    """Exit code 0, or 1 with one message."""
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except EdgecError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
