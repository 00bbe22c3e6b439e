"""The entry point: runs the application and turns errors of the user into one message."""

from __future__ import annotations

import os
import sys

import typer

from edgec.cli import (  # noqa: F401  (each adds its verbs to the app)
    compression,
    models,
    on_boards,
    parity,
    reports,
    search,
    tuning,
)
from edgec.cli.app import app, err
from edgec.errors import EdgecError


def main() -> None:
    """`edgec ...`: exit code 0, 1 for an error told in one message, 130 when interrupted."""
    try:
        app()
    except EdgecError as error:
        err.print(f"edgec: {error}", style="red" if err.is_terminal else None, markup=False,
                  soft_wrap=True)
        sys.exit(1)
    except (KeyboardInterrupt, typer.Abort):
        err.print("edgec: interrupted")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has gone, e.g. `edgec inspect ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
