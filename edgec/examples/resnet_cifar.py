"""ResNet for 32x32 images: three stages of basic blocks, 6n + 2 layers, any width.

Architecture: He et al. 2015, arXiv 1512.03385, section 4.2, with one difference: where a stage
halves the image, the shortcut is a 1x1 convolution (their option B) and not strided zero padding,
so that every channel of the network has weights that make it. Untrained.

    edgec inspect edgec.examples.resnet_cifar:resnet20
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

IMAGE_SIZE, STAGES = 32, (16, 32, 64)


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, a 1x1 convolution where shapes differ."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first, self.second = _conv_bn(inputs, outputs, 3, stride), _conv_bn(outputs, outputs,
                                                                               3)
        self.shortcut = (nn.Identity() if stride == 1 and inputs == outputs
                         else _conv_bn(inputs, outputs, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        """x: [n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        y = self.second(torch.relu(self.first(x)))
        return torch.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    """depth: blocks in a stage (3 makes ResNet-20); width: factor of 16, 32, 64 channels."""

    def __init__(self, width: float = 1.0, depth: int = 3, classes: int = 10) -> None:
        super().__init__()
        channels = [max(1, round(width * c)) for c in STAGES]
        self.stem = _conv_bn(3, channels[0], 3)
        blocks: list[nn.Module] = []
        inputs = channels[0]
        for stage, outputs in enumerate(channels):
            blocks.append(Block(inputs, outputs, 1 if stage == 0 else 2))
            blocks += [Block(outputs, outputs, 1) for _ in range(depth - 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(inputs, classes)

    def forward(self, image: Tensor) -> Tensor:
        """image: float32 [n, 3, 32, 32], scaled per channel, to logits [n, classes]."""
        x = self.blocks(torch.relu(self.stem(image)))
        out: Tensor = self.classifier(x.mean((2, 3)))
        return out


def resnet20() -> tuple[nn.Module, tuple[Tensor]]:
    """ResNet-20 with 0.27 M parameters and an example input, for `edgec ... module:callable`."""
    return ResNet().eval(), (torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE),)
