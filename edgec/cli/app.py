"""The typer application, the options that several verbs share, and the two consoles."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from edgec.errors import MissingExtra


def flowing(text: str) -> str:
    """Paragraphs as one line each, for a terminal of any width; indented lines stay as they are."""
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        if lines and _is_prose(line) and _is_prose(lines[-1]):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _is_prose(line: str) -> bool:
    return bool(line) and not line[0].isspace()


class _App(typer.Typer):
    """Verbs whose docstrings are their help."""

    def command(self, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """As typer's own, with the docstring flowing."""
        def register(function: Any) -> Any:
            add = super(_App, self).command(*args, **options, help=flowing(function.__doc__))
            return add(function)

        return register


app = _App(
    name="edgec", no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=flowing("""Makes a neural network small, lowers it for one board, puts it there and
measures it.

A first walk, from a model to a measured board:

  edgec inspect MODEL --target raspberry_pi_5
  edgec quantize MODEL --calibration data.npz -o q.onnx
  edgec lower q.onnx --target raspberry_pi_5 -o bundle/
  edgec deploy bundle/ --board line3
  edgec bench bundle/ --board line3 --json out.json
  edgec report out.json -o report.html

MODEL is an .onnx, .tflite, .keras or .h5 file or a SavedModel folder, or package.module:callable
that returns a torch module and example inputs.
`edgec targets` lists the kinds of boards; your own devices are named in boards.toml, see
`edgec deploy --help`."""))

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

Model = Annotated[str, typer.Argument(
    metavar="MODEL", show_default=False,
    help="An .onnx, .tflite, .keras or .h5 file, a SavedModel folder, or package.module:callable "
         "returning (torch module, example inputs).")]
BundlePath = Annotated[Path, typer.Argument(
    metavar="BUNDLE", show_default=False, help="A bundle directory made by `edgec lower`.")]
TargetName = Annotated[str | None, typer.Option(
    "--target", "-t", metavar="TARGET", help="A board kind (`edgec targets`) or a .toml file.")]
BoardName = Annotated[str | None, typer.Option(
    "--board", "-b", metavar="BOARD", help="A board named in the boards file. Default: here.")]
RequiredBoard = Annotated[str, typer.Option(
    "--board", "-b", metavar="BOARD", show_default=False,
    help="A board named in the boards file.")]
BoardsFile = Annotated[Path | None, typer.Option(
    "--boards", metavar="FILE",
    help="The boards file. Default: ./boards.toml, then ~/.config/edgec/boards.toml.")]
Shapes = Annotated[list[str] | None, typer.Option(
    "--shape", metavar="NAME=DIMS",
    help="The shape of an input with open dims, e.g. image=1,3,224,224. Repeatable.")]
Threads = Annotated[int, typer.Option("--threads", min=1, max=256, help="Threads of the engine.")]
Isa = Annotated[str | None, typer.Option(
    "--isa",
    help="Highest instruction set to use: portable, avx2, avxvnni, avx512vnni, neon, neondot, "
         "i8mm.")]


@contextmanager
def working(message: str) -> Iterator[None]:
    """Shows what is going on, on the error console, while a terminal watches."""
    if err.is_terminal:
        with err.status(message):
            yield
    else:
        yield


def say(line: str) -> None:
    """One line of progress, apart from the results."""
    err.print(line, style="dim", soft_wrap=True, markup=False)


def require_torch(purpose: str) -> None:
    """MissingExtra where there is no torch, which `purpose` needs."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtra("torch", "torch", purpose)
