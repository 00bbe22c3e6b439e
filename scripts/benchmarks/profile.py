"""`scripts/bench profile`: where the time of a network goes on this machine."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.command import Command
from benchmarks.lowered import lowered
from benchmarks.machine import best_target
from benchmarks.networks import VARIANTS, add_models_argument, int8_model
from benchmarks.table import table, write_json
from edgec.errors import MeasureError
from edgec.target.toolchain import build_engine


def run_profile(bench: Path, model: Path, options: Sequence[str]) -> dict[str, Any]:
    """The document of edgec-bench --profile; MeasureError if it fails."""
    done = subprocess.run([str(bench), str(model), "--profile", *options], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise MeasureError(done.stderr.strip())
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def shown(document: dict[str, Any]) -> str:
    """One row per layer, in the order they run."""
    layers = document["layers"]
    total = sum(layer["median_ns"] for layer in layers)
    head = ["op", "kernel", "layer", "us", "share", "MMAC", "KB", "GMAC/s", "GB/s", "of roofline",
            "bound"]
    return table(head, [_row(layer, total) for layer in layers], left=3)


def _row(layer: dict[str, Any], total: int) -> list[str]:
    ns = max(1, layer["median_ns"])
    return [layer["op"], layer["kernel"], layer["name"][-36:], f"{ns / 1e3:.1f}",
            f"{ns / total:.1%}", f"{layer['macs'] / 1e6:.2f}", f"{layer['bytes'] / 1024:.0f}",
            f"{layer['macs'] / ns:.1f}" if layer["macs"] else "", f"{layer['bytes'] / ns:.1f}",
            f"{layer['roofline_ns'] / ns:.0%}", layer["bound"]]


def summary(document: dict[str, Any]) -> str:
    """Two lines: the whole, and what it is held against."""
    layers, peak = document["layers"], document["roofline"]
    whole = median(document["samples_ns"])
    macs = sum(layer["macs"] for layer in layers)
    least = sum(layer["roofline_ns"] for layer in layers)
    read = ", ".join(f"{point['gb_per_s']:.0f} GB/s from {point['buffer_bytes'] >> 10} KB"
                     for point in peak["read"])
    return (f"{document['isa']}, {document['threads']} thread(s): {whole / 1e3:.1f} us, "
            f"{macs / whole:.1f} GMAC/s, {least / whole:.0%} of the roofline, layer by layer\n"
            f"one core: {peak['s8_gmac_per_s']:.0f} GMAC/s int8, {peak['f32_gmac_per_s']:.0f} "
            f"GMAC/s float32; reads {read}")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("networks", nargs="*", default=list(VARIANTS), metavar="NETWORK",
                        help="a reference network, a QDQ .onnx file or an .edgec file")
    parser.add_argument("--isa", help="highest instruction set to use (default: the best one)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="of the timed part")
    parser.add_argument("--bench", type=Path, metavar="FILE", help="another edgec-bench")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes everything as JSON")
    add_models_argument(parser)


def _run(arguments: argparse.Namespace) -> None:
    bench = arguments.bench or build_engine().bench
    options = ["--threads", str(arguments.threads), "--min-time-s", str(arguments.seconds),
               *(["--isa", arguments.isa] if arguments.isa else [])]
    documents = {}
    for variant in arguments.networks:
        model = lowered(int8_model(arguments.models, variant), best_target())
        documents[variant] = run_profile(bench, model, options)
        print(f"\n{variant}: {summary(documents[variant])}\n{shown(documents[variant])}",
              flush=True)
    write_json(arguments.json, documents)


COMMAND = Command(
    "profile", "Shows the time of each layer, and how near it is to what the machine can do.",
    "The roofline is measured by edgec-bench itself: multiply-adds in registers, and reads from "
    "buffers of several sizes.", _add_arguments, _run)
