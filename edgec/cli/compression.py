"""Verbs on methods of compression: methods, order, verify."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edgec.cli import show
from edgec.cli.app import app, err, out, require_torch, say, working
from edgec.compress.remaining import Remaining
from edgec.errors import UsageError

if TYPE_CHECKING:
    from edgec.compress.order.store import Watch

RecipePath = Annotated[Path, typer.Argument(
    metavar="RECIPE", show_default=False, help="A recipe: what to compress, for what, by what.")]
OrderFolder = Annotated[Path, typer.Option(
    "--output", "-o", metavar="DIR", show_default=False,
    help="Folder of results; an interrupted experiment goes on from there.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, max=1024,
                                   help="Processes here, one thread each.")]
ClusterAddress = Annotated[str | None, typer.Option(
    "--cluster", metavar="ADDRESS", help="A Dask scheduler, e.g. tcp://host:8786, whose workers "
    "have edgec: the runs go there.")]


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(
        metavar="[NAME]", help="A method, to list its options.")] = None,
) -> None:
    """List the methods of compression, or the options of one: the keys of a recipe.

    Example: edgec methods prune
    """
    out.print(show.methods() if name is None else show.options(name))


@app.command()
def order(
    recipe: RecipePath,
    output: OrderFolder, jobs: Jobs = 1, cluster: ClusterAddress = None,
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="List the runs and how long they would take, from one that is "
        "measured.")] = False,
) -> None:
    """Find by experiment in which order to apply the methods of a recipe.

    Both orders of every two methods are run at several strengths (lists in \\[methods.NAME]) with
    the same seeds and equally much training, and judged on validation samples that no method sees.
    One precedes the other only where the interval of the difference excludes 0; ties stay ties.
    Behind a method that does not train comes finetune, so that all train alike. The order is then
    checked as a whole, and every method in two passes. With 2 seeds nearly everything ties; 3 are
    the default. DIR gets order.html, order.json and lock.json (`edgec verify`).

      model = "net.onnx"
      \\[task]
      data = "samples.npz"     # train_x, train_y, validation_x, test_x, ...
      \\[compare]
      seeds = 3
      \\[methods.prune]
      ratio = \\[0.3, 0.6]
      \\[methods.lowrank]
      ratio = \\[0.2, 0.4]

    Example: edgec order recipe.toml -o order/ --jobs 4
    """
    require_torch("edgec order")
    from edgec.compress.order.workers import Cluster, Here, Processes, Workers
    from edgec.compress.order.write import write_order
    from edgec.compress.recipe import Recipe

    if cluster is not None and jobs > 1:
        raise UsageError("--jobs and --cluster are both given; choose one.")
    if dry_run:
        _estimate(recipe, output, jobs)
        return

    def workers(read: Recipe) -> Workers:
        return Cluster(cluster) if cluster else Processes(read, jobs) if jobs > 1 else Here()

    style = files("edgec.measure").joinpath("report.css").read_text()
    with _watching(output) as watch:
        found = write_order(recipe, output, workers, watch, style)
    show.order(out, found)
    say(f"written: {output / 'order.html'}, order.json, lock.json")


@app.command()
def verify(
    lock: Annotated[Path, typer.Argument(
        metavar="LOCK", show_default=False, help="A lock.json that edgec wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a result again from its lock and compare: same bytes, same score, or it differs.

    Exit code 1 when it differs, and the reasons: other data, another tool's version, the first
    step that makes another model.

    Example: edgec verify order/lock.json
    """
    require_torch("edgec verify")
    from edgec.compress.lock import DIFFERS, replay

    with working("making it again"):
        found = replay(lock, say)
    if as_json:
        out.print_json(json.dumps({"verdict": found.verdict, "why": list(found.why)}))
    else:
        out.print(found.verdict, style="red" if found.verdict == DIFFERS else "green")
        for reason in found.why:
            out.print(f"  {reason}", markup=False)
    if found.verdict == DIFFERS:
        raise typer.Exit(1)


def _estimate(recipe: Path, output: Path, jobs: int) -> None:
    from edgec.compress.order.order import estimate
    from edgec.compress.recipe import read_recipe

    with _watching(output) as watch:
        found = estimate(read_recipe(recipe), output, watch)
    for run in found.pairs:
        out.print(str(run), markup=False)
    out.print(f"{len(found.pairs)} runs of pairs, then at most {found.checks} that check the order;"
              f" at most {found.seconds / 3600 / jobs:.2f} hours with {jobs} job(s)", markup=False)


@contextmanager
def _watching(output: Path) -> Iterator[Watch]:
    """A bar where a terminal watches, else a line for every run. Says how to go on after Ctrl-C."""
    columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.description}", markup=False))
    try:
        with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
            task = bar.add_task("", total=None)

            remaining = Remaining()

            def watch(done: int, total: int, line: str) -> None:
                bar.update(task, completed=done, total=total, description=line)
                if not err.is_terminal and line:
                    say(f"{done} of {total}: {line}{remaining.part(total - done)}")

            yield watch
    except KeyboardInterrupt:
        say(f"what is finished is kept in {output}; the same command goes on from there")
        raise


