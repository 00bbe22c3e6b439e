"""`scripts/bench models`: makes the reference networks, float and int8."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.command import Command
from benchmarks.networks import NETWORKS, Network, add_models_argument
from edgec.errors import LoweringError
from edgec.model.load import normalize
from edgec.model.onnx_file import save_model
from edgec.model.torch_export import export_module
from edgec.target.toolchain import source_folder


def make_float(network: Network, folder: Path) -> None:
    """Writes the float model and its calibration samples."""
    from benchmarks.reference_nets import build

    module, samples = build(network.name, network.shape)
    model = normalize(export_module(module, (samples[:1],), network.name))
    np.save(folder / f"{network.name}.calib.npy", samples.numpy())
    save_model(model, folder / f"{network.name}.onnx")


def quantize(network: Network, variant: str, folder: Path) -> None:
    """Runs `edgec quantize` for one variant; LoweringError holds what it printed."""
    source = source_folder()
    command = [sys.executable, "-m", "edgec", "quantize",
               str((folder / f"{network.name}.onnx").resolve()), "--calibration",
               str((folder / f"{network.name}.calib.npy").resolve()), "--output",
               str((folder / f"{variant}.int8.onnx").resolve())]
    for option in network.quantizations[variant]:
        command += ["--set", option]
    done = subprocess.run(command, cwd=source, env={**os.environ, "PYTHONPATH": str(source)},
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LoweringError(f"{variant} could not be quantized: "
                            f"{(done.stderr or done.stdout).strip()[-1000:]}")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), metavar="NETWORK",
                        help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--again", action="store_true", help="makes those that are there, too")
    add_models_argument(parser)


def _run(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.models
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.networks:
        network = NETWORKS[name]
        if arguments.again or not (folder / f"{name}.onnx").is_file():
            print(f"models: {network.title}", flush=True)
            make_float(network, folder)
        for variant in network.quantizations:
            if arguments.again or not (folder / f"{variant}.int8.onnx").is_file():
                print(f"models: {network.title}, int8 ({variant})", flush=True)
                quantize(network, variant, folder)
    print(f"models: in {folder}")


COMMAND = Command(
    "models", "Makes the five reference networks, float and int8, and their calibration samples.",
    "Seeded random weights: shapes are what counts. Quantized by `edgec quantize` of this "
    "checkout. Needs torch; takes some minutes. What is there is kept.", _add_arguments, _run)
