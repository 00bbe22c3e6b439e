"""DS-CNN for keyword spotting on 49 frames of 10 MFCC, 12 classes, 23 k parameters.

Architecture: Zhang et al. 2017, arXiv 1711.07128, in the size that MLPerf Tiny
(arXiv 2106.07597) uses: a 10x4 convolution with stride 2, then four depthwise-separable blocks of
64 channels. Untrained.

    edgec inspect edgec.examples.dscnn:dscnn
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

FRAMES, COEFFICIENTS, CLASSES = 49, 10, 12


def _norm(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.ReLU()]


class DsCnn(nn.Module):
    """width: channels everywhere; depth: depthwise-separable blocks."""

    def __init__(self, width: int = 64, depth: int = 4, classes: int = CLASSES) -> None:
        super().__init__()
        layers = [nn.Conv2d(1, width, (10, 4), (2, 2), (5, 1), bias=False), *_norm(width),
                  nn.Dropout(0.2)]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
                       *_norm(width), nn.Conv2d(width, width, 1, bias=False), *_norm(width)]
        self.features = nn.Sequential(*layers, nn.Dropout(0.4))
        self.classifier = nn.Linear(width, classes)

    def forward(self, features: Tensor) -> Tensor:
        """features: float32 [n, 1, 49, 10], scaled per coefficient, to logits [n, classes]."""
        out: Tensor = self.classifier(self.features(features).mean((2, 3)))
        return out


def dscnn() -> tuple[nn.Module, tuple[Tensor]]:
    """The network and an example input, for `edgec ... module:callable`."""
    return DsCnn().eval(), (torch.zeros(1, 1, FRAMES, COEFFICIENTS),)
