"""Small torch models with the shapes of real ones, as ONNX: what the lowering tests run on."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.nn import functional as F

Arrays = dict[str, np.ndarray[Any, Any]]


class ConvNet(nn.Module):
    """Residual add, depthwise, ReLU6, max pooling, flatten in NCHW order, fully connected."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.depthwise = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.project = nn.Conv2d(8, 8, 1)
        self.head = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        x = x + self.project(F.relu6(self.depthwise(x)))
        return self.head(F.max_pool2d(x, 2).flatten(1))


class Autoencoder(nn.Module):
    """Two strided convolutions down, two resizes up."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode
        self.down = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 12, 3, 2, 1),
                                  nn.ReLU())
        self.up1, self.up2 = nn.Conv2d(12, 8, 3, 1, 1), nn.Conv2d(8, 1, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(self.down(x), scale_factor=2, mode=self.mode)
        return torch.sigmoid(self.up2(F.interpolate(F.relu(self.up1(x)), scale_factor=2,
                                                    mode=self.mode)))


class Encoder(nn.Module):
    """One transformer layer: attention with four heads, residuals, layer norm, GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.attended = nn.Linear(16, 48), nn.Linear(16, 16)
        self.norm = nn.LayerNorm(16)
        self.inner, self.outer = nn.Linear(16, 32), nn.Linear(32, 16)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, _ = x.shape
        q, k, v = (y.reshape(n, tokens, 4, 4).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
        mixed = torch.softmax(q @ k.transpose(2, 3) / 2.0, -1) @ v
        x = self.norm(x + self.attended(mixed.transpose(1, 2).reshape(n, tokens, 16)))
        return x + self.outer(F.gelu(self.inner(x)))


class Sensor(nn.Module):
    """A DS-CNN in one dimension with a residual."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(6, 16, 5, 2, 2)
        self.depthwise = nn.Conv1d(16, 16, 3, 1, 1, groups=16)
        self.point = nn.Conv1d(16, 16, 1)
        self.head = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        x = x + F.relu(self.point(self.depthwise(x)))
        return self.head(F.max_pool1d(x, 2).mean(2))


class Gated(nn.Module):
    """MobileNetV3's parts: batch norm, hard swish, squeeze and excite, groups, pad, concat."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16)
        self.squeeze, self.excite = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.grouped, self.head = nn.Conv2d(16, 16, 3, 1, 1, groups=4), nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.hardswish(self.norm(self.stem(x)))
        gate = self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(x, 1))))
        x = x * F.hardsigmoid(gate)
        y = F.avg_pool2d(F.silu(self.grouped(F.pad(x, (1, 0, 0, 1)))), 2)
        return self.head(torch.cat([y, F.avg_pool2d(x, 2)], 1).mean((2, 3)))


SHAPES = {"convnet": (1, 3, 16, 16), "nearest": (1, 1, 16, 16), "bilinear": (2, 1, 16, 16),
          "encoder": (2, 7, 16), "sensor": (2, 6, 32), "gated": (1, 3, 16, 16)}


def _module(name: str) -> nn.Module:
    make = {"convnet": ConvNet, "nearest": lambda: Autoencoder("nearest"), "encoder": Encoder,
            "bilinear": lambda: Autoencoder("bilinear"), "sensor": Sensor, "gated": Gated}
    return make[name]()


def float_model(name: str) -> onnx.ModelProto:
    """The model of that name with seeded weights; a fresh copy, since quantizers change theirs."""
    return onnx.ModelProto.FromString(_exported(name))


@cache
def _exported(name: str) -> bytes:
    torch.manual_seed(5)
    module = _module(name)
    if name == "gated":
        for _ in range(3):
            module(torch.randn(4, *SHAPES[name][1:]))  # statistics for the batch norm
    program = torch.onnx.export(module.eval(), (torch.randn(SHAPES[name]),), dynamo=True,
                                optimize=False, verbose=False, input_names=["x"],
                                output_names=["y"])
    return bytes(program.model_proto.SerializeToString())


def inputs_for(name: str, seed: int = 0) -> Arrays:
    """Seeded normal inputs."""
    random = np.random.default_rng(seed)
    return {"x": random.standard_normal(SHAPES[name]).astype(np.float32)}


def as_ir(proto: onnx.ModelProto) -> ir.Model:
    """The model as onnx_ir has it."""
    return ir.serde.deserialize_model(proto)
