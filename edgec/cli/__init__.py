"""The command line: arguments to calls. The only place that prints or exits."""

from edgec.cli.main import main

__all__ = ["main"]
