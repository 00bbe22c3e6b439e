"""The reference networks: what they are, and where their files lie.

A folder of models holds, for each network, `<name>.onnx` (float), `<name>.calib.npy` (samples along
the first dimension) and one `<variant>.int8.onnx` (QDQ) for each quantization.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgec.errors import ModelError, UnknownName
from edgec.target.toolchain import source_folder


@dataclass(frozen=True)
class Network:
    """One network: its input's shape, its multiply-adds, and options of `edgec quantize`."""

    name: str
    title: str
    shape: tuple[int, ...]
    macs: int
    quantizations: Mapping[str, tuple[str, ...]]  # of each int8 variant; the first is the usual one


def _network(name: str, title: str, shape: tuple[int, ...], macs: int,
             **more: tuple[str, ...]) -> Network:
    return Network(name, title, shape, macs, {name: (), **more})


NETWORKS = {network.name: network for network in (
    _network("mobilenetv2", "MobileNetV2 1.0, 224x224", (1, 3, 224, 224), 300_774_272),
    _network("resnet18", "ResNet-18, 224x224", (1, 3, 224, 224), 1_814_073_344),
    _network("resnet8", "ResNet8, 32x32", (1, 3, 32, 32), 12_501_632),
    _network("dscnn", "DS-CNN, 49x10", (1, 1, 49, 10), 2_656_768),
    _network("encoder4", "encoder, 4 layers, 128 tokens", (1, 128, 256), 436_207_616,
             encoder4all=("ops=all",)),
)}
VARIANTS = {variant: network for network in NETWORKS.values() for variant in network.quantizations}


def cache_folder() -> Path:
    """Where the benchmarks keep what they made: build/bench."""
    folder = source_folder() / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def add_models_argument(parser: argparse.ArgumentParser) -> None:
    """--models: another folder than the cache."""
    parser.add_argument("--models", type=Path, default=cache_folder() / "models", metavar="DIR",
                        help="folder of models, as scripts/bench models makes it")


def int8_model(folder: Path, variant: str) -> Path:
    """The QDQ file of a variant, or `variant` itself when it is a path; ModelError if missing."""
    if variant.endswith((".onnx", ".edgec")):
        return _present(Path(variant))
    if variant not in VARIANTS:
        raise UnknownName("network", variant, VARIANTS)
    return _present(folder / f"{variant}.int8.onnx")


def float_model(folder: Path, network: str) -> Path:
    """The float file of a network; ModelError if it was not made."""
    return _present(folder / f"{network}.onnx")


def _present(path: Path) -> Path:
    if not path.is_file():
        raise ModelError(f"there is no {path}. Make the reference networks with: scripts/bench "
                         "models, or name a folder with --models.")
    return path
