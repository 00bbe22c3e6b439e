"""Small torch modules of the families that edgec is for, and their ONNX models."""

from __future__ import annotations

import math
from functools import cache

import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgec.model.load import normalize
from edgec.model.torch_export import export_module


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs))


class Inverted(nn.Module):
    """MobileNetV2's block with squeeze-and-excitation, as in EfficientNet."""

    def __init__(self, channels: int, expand: int) -> None:
        super().__init__()
        wide = channels * expand
        self.expand = conv_bn(channels, wide, 1)
        self.depthwise = conv_bn(wide, wide, 3, groups=wide)
        self.squeeze = nn.Conv2d(wide, 4, 1)
        self.excite = nn.Conv2d(4, wide, 1)
        self.project = conv_bn(wide, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.silu(self.depthwise(F.relu6(self.expand(x))))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(y.mean((2, 3), keepdim=True)))))
        return x + self.project(y * gate)


class MobileNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, 8, 3, 2)
        self.block = Inverted(8, 2)
        self.classify = nn.Linear(8, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = F.hardswish(self.stem(image))
        return self.classify(F.dropout(self.block(x).mean((2, 3)), training=self.training))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, 8, 7, 2)
        self.first, self.second = conv_bn(8, 16, 3, 2), conv_bn(16, 16, 3)
        self.shortcut = conv_bn(8, 16, 1, 2)
        self.classify = nn.Linear(16, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.stem(image)), 3, 2, 1)
        x = F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))
        return self.classify(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class DsCnn(nn.Module):
    """Keyword spotting on [1, 49, 10] spectrograms, with an asymmetric first kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, (10, 4), (2, 2), (5, 1)), nn.BatchNorm2d(8))
        self.depthwise, self.pointwise = conv_bn(8, 8, 3, groups=8), conv_bn(8, 8, 1)
        self.classify = nn.Linear(8, 12)

    def forward(self, features: Tensor) -> Tensor:
        x = F.relu(self.pointwise(F.relu(self.depthwise(F.relu(self.stem(features))))))
        return F.softmax(self.classify(F.avg_pool2d(x, x.shape[2:]).flatten(1)), -1)


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode = conv_bn(1, 4, 3, 2)
        self.decode = nn.ConvTranspose2d(4, 4, 3, 2, 1, output_padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.image = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.norm(self.decode(F.elu(self.encode(x)))))
        y = F.interpolate(F.avg_pool2d(y, 2), scale_factor=2, mode="bilinear")
        return torch.tanh(self.image(F.pad(y, (1, 1, 1, 1), mode="reflect"))[:, :, 1:-1, 1:-1])


class Encoder(nn.Module):
    """One BERT layer: embeddings, masked attention, feed-forward; mean pooling at the end."""

    def __init__(self, width: int = 16, heads: int = 2, words: int = 50, length: int = 7) -> None:
        super().__init__()
        self.heads = heads
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-12) for _ in range(3))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        batch, length = input_ids.shape
        x = self.norms[0](self.words(input_ids) + self.places(torch.arange(length)))
        q, k, v = (y.reshape(batch, length, self.heads, -1).transpose(1, 2)
                   for y in self.qkv(x).chunk(3, -1))
        hidden = attention_mask[:, None, None, :] == 0
        scores = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).masked_fill(hidden, -1e9)
        context = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, -1)
        x = self.norms[1](x + self.out(context))
        x = self.norms[2](x + self.down(F.gelu(self.up(x))))
        weight = attention_mask[:, :, None].to(x.dtype)
        return F.normalize((x * weight).sum(1) / weight.sum(1), dim=-1)


def encoder_inputs(batch: int = 1) -> tuple[Tensor, Tensor]:
    mask = torch.ones(batch, 7, dtype=torch.int64)
    mask[:, 5:] = 0
    return torch.randint(0, 50, (batch, 7)), mask


IMAGES = {"MobileNet": (MobileNet, (3, 32, 32)), "ResNet": (ResNet, (3, 32, 32)),
          "DsCnn": (DsCnn, (1, 49, 10)), "Autoencoder": (Autoencoder, (1, 16, 16))}
NAMES = (*IMAGES, "Encoder")


def example(name: str, batch: int = 1, seed: int = 0) -> tuple[Tensor, ...]:
    torch.manual_seed(seed)
    if name == "Encoder":
        return encoder_inputs(batch)
    return (torch.randn(batch, *IMAGES[name][1]),)


def module(name: str) -> nn.Module:
    """A fresh module with the same random weights and running statistics every time."""
    torch.manual_seed(1)
    made = Encoder() if name == "Encoder" else IMAGES[name][0]()
    for part in made.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.uniform_(part.bias, -0.5, 0.5)
            part.running_mean.uniform_(-0.5, 0.5)
            part.running_var.uniform_(0.5, 1.5)
    return made.eval()


@cache
def exported(name: str) -> ir.Model:
    return normalize(export_module(module(name), example(name)))
