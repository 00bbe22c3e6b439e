"""`scripts/bench peers`: edgec and other runtimes, in turns, on one core."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.command import Command
from benchmarks.contestant import Contestant, cosine, started, take_turns
from benchmarks.field_of_peers import PRECISIONS, RUNTIMES, Setup, field_of
from benchmarks.machine import best_target, load_remark, machine, machine_peak
from benchmarks.networks import NETWORKS, Network, add_models_argument, cache_folder
from benchmarks.paired import quantile, ratio
from benchmarks.peers_venv import peers_python, pins
from benchmarks.table import table, write_json
from edgec.target.toolchain import build_engine

SCHEMA = "edgec-bench-peers/1"
SEED = 0  # of the input: standard normal values
Row = dict[str, Any]


def compete(network: Network, setup: Setup, arguments: argparse.Namespace) -> list[Row]:
    """One network: everybody started, in turns, and what came of it."""
    folder = cache_folder() / "inputs"
    folder.mkdir(exist_ok=True)
    given = folder / f"{network.name}.npy"
    np.save(given, np.random.default_rng(SEED).standard_normal(network.shape, np.float32))
    field, absent = field_of(network, setup, arguments.runtimes, arguments.precisions, given)
    for line in absent:
        print(f"absent: {line}")
    peaks = []
    with started(field) as present:
        for _ in range(arguments.rounds):
            peaks.append(machine_peak(setup.bench, setup.cpus))
            take_turns(present, 1, arguments.seconds)
            present.append(present.pop(0))  # another one begins the next round
    peak = {"int8": median(p["s8_gmac_per_s"] for p in peaks),
            "float": median(p["f32_gmac_per_s"] for p in peaks)}
    reference = next((c.greeting["outputs"][0] for c in field if c.labels["runtime"] == "ort"
                      and c.labels["precision"] == "float" and not c.error), None)
    return ranked([row(c, network, peak, reference) for c in field], field)


def row(contestant: Contestant, network: Network, peak: dict[str, float],
        reference: Sequence[float] | None) -> Row:
    """What one contestant did; times in milliseconds."""
    found: Row = {**contestant.labels, "error": contestant.error or None}
    if contestant.error or not contestant.rounds_cpu_ns:
        return found
    cpu = [t / 1e6 for burst in contestant.rounds_cpu_ns for t in burst]
    wall = [t / 1e6 for burst in contestant.rounds_wall_ns for t in burst]
    rate = network.macs / median(wall if contestant.labels["threads"] > 1 else cpu) / 1e6
    share = rate / peak[contestant.labels["precision"]] / contestant.labels["threads"]
    outputs = contestant.greeting["outputs"]
    return {**found, "version": contestant.greeting["version"], "samples": len(cpu),
            "load_ms": contestant.greeting["load_ns"] / 1e6, "cpu_ms": median(cpu),
            "cpu_p90_ms": quantile(cpu, 0.9), "wall_ms": median(wall),
            "gmac_per_s": rate, "of_peak": share,
            "cosine": reference and cosine(outputs[0], reference),
            "peak_rss_bytes": contestant.peak_rss_bytes,
            "round_cpu_ms": [median(b) / 1e6 for b in contestant.rounds_cpu_ns],
            "round_wall_ms": [median(b) / 1e6 for b in contestant.rounds_wall_ns]}


def ranked(rows: list[Row], field: Sequence[Contestant]) -> list[Row]:
    """Adds how many times as long each takes as edgec's fastest file of the same precision.

    On one thread by CPU time; edgec on several by wall time, against edgec on one.
    """
    for precision in PRECISIONS:
        own = [i for i, r in enumerate(rows) if r["runtime"] == "edgec" and "cpu_ms" in r
               and r["precision"] == precision and r["threads"] == 1]
        if not own:
            continue
        best = min(own, key=lambda i: float(rows[i]["cpu_ms"]))
        for r, c in zip(rows, field, strict=True):
            if r["precision"] != precision or "cpu_ms" not in r:
                continue
            several = r["threads"] > 1
            base = next(i for i in own if rows[i]["file"] == r["file"]) if several else best
            times = [(c.rounds_wall_ns if several else c.rounds_cpu_ns),
                     (field[base].rounds_wall_ns if several else field[base].rounds_cpu_ns)]
            found = ratio(*times)
            r["of_edgec"] = {"median": found.median, "low": found.low, "high": found.high,
                             "tie": found.tie}
    return rows


def shown(rows: Sequence[Row]) -> str:
    """The table: one line each, fastest first within network and precision."""
    head = ["network", "precision", "runtime", "threads", "cpu ms", "p90", "wall ms", "of edgec",
            "interval", "GMAC/s", "of peak", "cosine", "RSS MB", "file KB"]
    order = list(NETWORKS)
    lines = []
    for r in sorted(rows, key=lambda r: (order.index(r["network"]), r["precision"], r["threads"],
                                         r.get("cpu_ms", float("inf")))):
        start = [r["network"], r["precision"], _called(r), str(r["threads"])]
        if "cpu_ms" not in r:
            lines.append([*start, "absent", *[""] * 9])
            continue
        against = r.get("of_edgec")
        lines.append([*start, *(f"{r[k]:.3f}" for k in ("cpu_ms", "cpu_p90_ms", "wall_ms")),
                      f"{against['median']:.2f}x" if against else "",
                      f"{against['low']:.2f}-{against['high']:.2f}" if against else "",
                      f"{r['gmac_per_s']:.1f}", f"{r['of_peak']:.1%}",
                      "" if r["cosine"] is None else f"{r['cosine']:.4f}",
                      f"{r['peak_rss_bytes'] / 2**20:.0f}", f"{r['file_bytes'] / 1024:.0f}"])
    return table(head, lines, left=3)


def _called(r: Row) -> str:
    """The runtime, and which of its files when it has several."""
    return f"{r['runtime']} {r['file']}".rstrip()


def verdicts(rows: Sequence[Row]) -> list[str]:
    """Per network: edgec's int8 against the fastest other runtime's."""
    lines = []
    for network in dict.fromkeys(r["network"] for r in rows):
        others = [r for r in rows if r["network"] == network and r["precision"] == "int8"
                  and r["runtime"] != "edgec" and "of_edgec" in r]
        if others:
            best = min(others, key=lambda r: float(r["cpu_ms"]))
            found = best["of_edgec"]
            lines.append(f"{network}: the fastest other int8 ({_called(best)}) "
                         f"takes {found['median']:.2f}x edgec's time ({found['low']:.2f} to "
                         f"{found['high']:.2f}){', a tie' if found['tie'] else ''}")
    return lines


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    cpus = sorted(os.sched_getaffinity(0))
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), metavar="NETWORK",
                        help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=list(RUNTIMES))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--rounds", type=int, default=9, help="turns of each (6 at least for 95%%)")
    parser.add_argument("--seconds", type=float, default=0.25, help="of one turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1], metavar="N",
                        help="of edgec; the others get one")
    parser.add_argument("--cpus", type=int, nargs="+", default=cpus[::-1],
                        help="processors to run on, the first for one thread")
    parser.add_argument("--amx", action=argparse.BooleanOptionalAction, default=False,
                        help="let the runtimes use AMX (x86-64)")
    parser.add_argument("--tflite", type=Path, metavar="DIR", help="more LiteRT files: [NETWORK/]"
                        "NETWORK_full_integer_quant.tflite, NETWORK_float32.tflite")
    parser.add_argument("--qdq", type=Path, metavar="DIR",
                        help="more files for ORT and OpenVINO: NETWORK.int8.onnx")
    parser.add_argument("--bench", type=Path, metavar="FILE", help="another edgec-bench")
    parser.add_argument("--python", type=Path, metavar="FILE",
                        help="a Python that has the runtimes (default: an environment of its own)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes everything as JSON")
    add_models_argument(parser)


def _run(arguments: argparse.Namespace) -> None:
    bench = arguments.bench or build_engine().bench
    setup = Setup(arguments.models, bench, arguments.python or peers_python(), best_target(),
                  arguments.cpus, arguments.threads, arguments.amx, arguments.tflite,
                  arguments.qdq)
    rows: list[Row] = []
    for name in arguments.networks:
        print(f"peers: {name}", flush=True)
        rows += compete(NETWORKS[name], setup, arguments)
    print("\n" + shown(rows))
    for r in rows:
        if r["error"]:
            print(f"absent: {r['network']} {r['precision']} {_called(r)}: {r['error']}")
    print("\n" + "\n".join(verdicts(rows)))
    print(load_remark(arguments.cpus))
    write_json(arguments.json, {
        "schema": SCHEMA, "machine": machine(), "pins": pins(), "seed": SEED,
        "amx": arguments.amx, "rounds": arguments.rounds, "seconds": arguments.seconds,
        "rows": rows})


COMMAND = Command(
    "peers", "Compares edgec with ONNX Runtime, OpenVINO and LiteRT, float and int8, batch 1.",
    "Every runtime with every model is a process of its own, pinned and kept alive; in each round "
    "each has a turn. Times are CPU time of the process; `of edgec` is the median over rounds of "
    "the ratio to edgec's fastest file of that precision, above 1 is slower (edgec on several "
    "threads: wall time against edgec on one), with an interval of 95 %. `cosine` is to ONNX "
    "Runtime's float output. `of peak` is the share of what a loop in registers does.",
    _add_arguments, _run)
