"""MobileNetV2 for 32x32 images: inverted residuals with depthwise convolutions, any width.

Architecture: Sandler et al. 2018, arXiv 1801.04381, table 2, with strides for small images: the
first convolution keeps the size, and three stages halve it (32, 16, 8, 4). Untrained.

    edgec inspect edgec.examples.mobilenet_cifar:mobilenetv2_half
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgec.examples.resnet_cifar import IMAGE_SIZE

FIRST, LAST = 32, 1280
# Expansion, channels, blocks, stride of the first of them.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 1),
          (6, 320, 1, 1))


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
             ) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs)]


class InvertedResidual(nn.Module):
    """1x1 to more channels, 3x3 depthwise, 1x1 to few; added to its input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [*_conv_bn(inputs, hidden, 1), nn.ReLU6()] if expansion > 1 else []
        self.layers = nn.Sequential(*expand, *_conv_bn(hidden, hidden, 3, stride, hidden),
                                    nn.ReLU6(), *_conv_bn(hidden, outputs, 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """x: [n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        y: Tensor = self.layers(x)
        return x + y if self.adds else y


class MobileNetV2(nn.Module):
    """width: factor of all channels, rounded to multiples of 8 (of the last 1280: at least 1)."""

    def __init__(self, width: float = 1.0, classes: int = 10) -> None:
        super().__init__()

        def channels(count: int) -> int:
            return max(8, 8 * round(width * count / 8))

        inputs, last = channels(FIRST), channels(LAST)
        layers: list[nn.Module] = [*_conv_bn(3, inputs, 3), nn.ReLU6()]
        for expansion, count, repeats, stride in STAGES:
            for i in range(repeats):
                layers.append(InvertedResidual(inputs, channels(count), stride if i == 0 else 1,
                                               expansion))
                inputs = channels(count)
        self.features = nn.Sequential(*layers, *_conv_bn(inputs, last, 1), nn.ReLU6())
        self.classifier = nn.Linear(last, classes)

    def forward(self, image: Tensor) -> Tensor:
        """image: float32 [n, 3, 32, 32], scaled per channel, to logits [n, classes]."""
        out: Tensor = self.classifier(self.features(image).mean((2, 3)))
        return out


def mobilenetv2_half() -> tuple[nn.Module, tuple[Tensor]]:
    """Width 0.5 and an example input, for `edgec ... module:callable`."""
    return MobileNetV2(0.5).eval(), (torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE),)
