"""Verbs that tell the story: report, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgec import demo as demonstration
from edgec import pipeline
from edgec.cli import show
from edgec.cli.app import app, out, say


@app.command()
def report(
    results: Annotated[list[Path], typer.Argument(
        metavar="RESULT.json...", show_default=False, help="Results written by `edgec bench`.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", show_default=False,
                                         help="The HTML file to write.")],
) -> None:
    """Write an HTML report of one or more results: one file, opens offline.

    Example: edgec report pi4.json pi5.json -o report.html
    """
    pipeline.report(results, output)
    say(f"written: {output}")


@app.command()
def demo(
    model: Annotated[str, typer.Option(
        "--model", help="watch: a sensor model, trained here in half a minute. "
        "efficientnet-lite0: ImageNet weights on photographs.")] = "watch",
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR",
                                         help="Where everything goes.")] = Path("demo-out"),
) -> None:
    """Run the whole length once on real data: train, quantize, lower, deploy over SSH, measure.

    The board is a real sshd on this machine's loopback, started for the occasion; with
    qemu-aarch64-static the ARM build runs too and must give the same bytes.

    Example: edgec demo --model efficientnet-lite0
    """
    show.demo(out, demonstration.run(model, folder, progress=say))
