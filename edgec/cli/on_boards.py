"""Verbs on boards: bench, deploy, rollback, status."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from edgec import comparing, pipeline
from edgec.atomic import write_file
from edgec.cli import show
from edgec.cli.app import (
    BoardName,
    BoardsFile,
    BundlePath,
    Isa,
    RequiredBoard,
    Threads,
    app,
    out,
    say,
)
from edgec.cli.parity import demand_parity
from edgec.errors import UsageError
from edgec.measure.bench import BenchOptions
from edgec.measure.results import write_result

BreakLock = Annotated[bool, typer.Option(
    "--break-lock", help="Take over the board's lock. Only when you know its holder is gone.")]


@app.command()
def bench(
    bundle: BundlePath, board: BoardName = None, boards: BoardsFile = None,
    json_path: Annotated[Path | None, typer.Option(
        "--json", metavar="FILE", help="Write the whole result, all samples included.")] = None,
    warmup_s: Annotated[float, typer.Option("--warmup", min=0, help="Seconds of warm-up.")] = 0.5,
    min_time_s: Annotated[float, typer.Option(
        "--min-time", min=0, help="Measure at least so many seconds.")] = 2.0,
    max_time_s: Annotated[float, typer.Option(
        "--max-time", min=0.1, help="Measure at most so many seconds.")] = 60.0,
    min_iterations: Annotated[int, typer.Option(
        "--min-iterations", min=1,
        help="At least so many inferences; 64 for a p90, 662 for a p99.")] = 662,
    threads: Threads = 1, isa: Isa = None,
    energy: Annotated[bool, typer.Option(help="Measure energy where there is a sensor.")] = True,
    data: Annotated[Path | None, typer.Option(
        "--data", metavar="FILE", help="Your own samples instead of the golden ones: an .npz with "
        "an array for each input and classes y, or a recipe's data (its test samples). Tells "
        "how many are right and, of early exits, who leaves where.")] = None,
) -> None:
    """Measure a bundle here or on a board: latency, layers, memory, energy, and the board's state.

    A percentile is printed only when there are enough samples for it (p50 11, p90 64, p99 662).
    A run that throttled is marked invalid. Energy says its source, or why it was not measured.
    A folder of bundles, as `edgec lower --backend all` writes, gives a table: measured in turns.

    Example: edgec bench bundle/ --board line3 --json out.json
    """
    options = BenchOptions(warmup_s, min_time_s, max_time_s, min_iterations, threads, isa,
                           energy=energy, data=data)
    several = comparing.bundles_in(bundle)
    if several and data is not None:
        raise UsageError(f"--data goes with one bundle, and {bundle} holds {len(several)}: "
                         f"{', '.join(path.name for path in several)}. Name one of them.")
    if several:
        found = comparing.compare(several, comparing.Place(board, boards),
                                  replace(comparing.EACH, threads=threads, isa=isa), say)
        show.compared(out, found.rows)
        if json_path is not None:
            write_file(json_path, (json.dumps([asdict(row) for row in found.rows]) + "\n").encode())
        return
    document = pipeline.bench(bundle, board=board, boards=boards, options=options, progress=say)
    show.result(out, document)
    if json_path is not None:
        write_result(document, json_path)
        say(f"written: {json_path}")


@app.command()
def deploy(
    bundle: BundlePath, board: RequiredBoard, boards: BoardsFile = None,
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="Read the board and print the plan; change nothing.")] = False,
    require_parity: Annotated[bool, typer.Option(
        "--require-parity", help="First compare the runtimes on this machine, as `edgec parity "
        "BUNDLE` does; upload nothing (exit 2) when they differ by more than its default bounds."
        )] = False,
    break_lock: BreakLock = False,
) -> None:
    """Put a bundle on a board: upload, verify, self-test there, then one atomic switch.

    Any failure leaves the release that was serving. Boards are named in boards.toml:

      \\[board.line3]
      host = "192.168.1.20"
      user = "pi"
      key = "~/.ssh/id_ed25519"
      target = "raspberry_pi_5"
      host_key = "ssh-ed25519 AAAA..."   # ssh-keyscan -t ed25519 HOST: compare it

    Example: edgec deploy bundle/ --board line3 --dry-run
    """
    if require_parity:
        demand_parity(str(bundle))
    done = pipeline.deploy(bundle, board, boards=boards, dry_run=dry_run, break_lock=break_lock,
                           progress=say)
    show.deployment(out, done)


@app.command()
def rollback(board: RequiredBoard, boards: BoardsFile = None,
             break_lock: BreakLock = False) -> None:
    """Switch a board back to the release before; its self-test runs first.

    Example: edgec rollback --board line3
    """
    show.deployment(out, pipeline.rollback(board, boards=boards, break_lock=break_lock,
                                           progress=say))


@app.command()
def status(board: RequiredBoard, boards: BoardsFile = None) -> None:
    """Show a board: what it is, which release serves, which came before, who holds the lock.

    Example: edgec status --board line3
    """
    show.status(out, pipeline.status(board, boards=boards))
