"""`scripts/bench compare`: this checkout against another revision, network by network."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.command import Command
from benchmarks.contestant import Contestant, started, take_turns
from benchmarks.lowered import artifact, lower
from benchmarks.machine import best_target, load_remark, machine
from benchmarks.networks import VARIANTS, add_models_argument, int8_model
from benchmarks.paired import Ratio, ratio
from benchmarks.table import table, write_json
from edgec.errors import BuildError, MeasureError
from edgec.target.toolchain import build_engine, host_triple, source_folder

SCHEMA = "edgec-bench-compare/1"
_WORKER = Path(__file__).with_name("revision_worker.py")


@contextmanager
def checkout(revision: str, folder: Path) -> Iterator[Path]:
    """A worktree of `revision` in `folder`, removed afterwards; BuildError if git has none."""
    source, tree = source_folder(), folder / "base"
    _git(source, "worktree", "add", "--detach", str(tree), revision)
    try:
        yield tree
    finally:
        _git(source, "worktree", "remove", "--force", str(tree))


def build_revision(tree: Path) -> Path:
    """The engine's library of another checkout, by that checkout's own code.

    It gets what was built here: a build is named after the state of its sources, so the other
    checkout's code takes the one that is its own, if there is one.
    """
    for built in (source_folder() / "build").glob(f"engine-{host_triple()}-????????????"):
        shutil.copytree(built, tree / "build" / built.name)
    code = "from edgec.target.toolchain import build_engine; print(build_engine().library)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(tree)}, check=False)
    if done.returncode != 0:
        raise BuildError(f"{tree} could not be built: {done.stderr.strip()[-1000:]}")
    return Path(done.stdout.splitlines()[-1])


def compare(variant: str, sides: dict[str, tuple[Path, Path]], arguments: argparse.Namespace,
            folder: Path) -> dict[str, Any]:
    """One network on both sides, each lowered by its own compiler; `sides`: source, library."""
    contestants = []
    for side, (source, library) in sides.items():
        bundle = folder / f"{variant}-{side}"
        lower(source, int8_model(arguments.models, variant), bundle, best_target())
        command = [sys.executable, str(_WORKER), str(library), str(artifact(bundle)),
                   str(arguments.threads)]
        contestants.append(Contestant({"side": side}, command, arguments.cpus, False))
    with started(contestants) as present:
        if len(present) < len(contestants):
            raise MeasureError(f"{variant}: {'; '.join(c.error for c in contestants if c.error)}")
        take_turns(present, arguments.rounds, arguments.seconds)
    base, here = contestants
    if base.error or here.error:
        raise MeasureError(f"{variant}: {base.error or here.error}")
    times = [c.rounds_cpu_ns if arguments.threads == 1 else c.rounds_wall_ns
             for c in (base, here)]
    found = ratio(*times)
    medians = [median(t for burst in rounds for t in burst) / 1e3 for rounds in times]
    return {"network": variant, "ratio": asdict(found), "tie": found.tie,
            "base_us": medians[0], "here_us": medians[1]}


def shown(rows: list[dict[str, Any]]) -> str:
    """One row per network; above 1 this checkout is faster."""
    head = ["network", "base us", "here us", "faster by", "interval", ""]
    lines = []
    for row in rows:
        found = Ratio(**row["ratio"])
        verdict = "tie" if found.tie else ("faster" if found.median > 1 else "SLOWER")
        lines.append([row["network"], f"{row['base_us']:.1f}", f"{row['here_us']:.1f}",
                      f"{found.median:.3f}x", f"{found.low:.3f}-{found.high:.3f}", verdict])
    return table(head, lines)


def _git(source: Path, *words: str) -> None:
    done = subprocess.run(["git", "-C", str(source), *words], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise BuildError(f"git {' '.join(words)} failed: {done.stderr.strip()}")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", metavar="BASE", help="a git revision, e.g. main or HEAD~3")
    parser.add_argument("networks", nargs="*", default=list(VARIANTS), metavar="NETWORK",
                        help="a reference network or a QDQ .onnx file")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each side")
    parser.add_argument("--seconds", type=float, default=0.2, help="of one turn")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cpus", type=int, nargs="+",
                        default=sorted(os.sched_getaffinity(0))[::-1],
                        help="processors to run on; one thread is best off with one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes everything as JSON")
    add_models_argument(parser)


def _run(arguments: argparse.Namespace) -> None:
    arguments.cpus = arguments.cpus[:arguments.threads]
    with tempfile.TemporaryDirectory() as name, checkout(arguments.base, Path(name)) as tree:
        print(f"compare: building {arguments.base} and this checkout", flush=True)
        here = build_engine().library
        sides = {"base": (tree, build_revision(tree)), "here": (source_folder(), here)}
        rows = []
        for variant in arguments.networks:
            rows.append(compare(variant, sides, arguments, Path(name)))
            print(f"compare: {variant} done", flush=True)
    print(f"\nthis checkout against {arguments.base}, above 1 is faster\n{shown(rows)}\n"
          f"{load_remark(arguments.cpus)}")
    write_json(arguments.json, {"schema": SCHEMA, "base": arguments.base, "machine": machine(),
                                "rounds": arguments.rounds, "rows": rows})


COMMAND = Command(
    "compare", "Shows per network how much faster this checkout is than another revision.",
    "Builds BASE in a worktree of its own, lowers the models with each revision's compiler, and "
    "lets both take turns. Times are CPU time on one thread, wall time on several. The interval "
    "holds the median of the ratio with 95 % confidence; a tie is when it holds 1.",
    _add_arguments, _run)
