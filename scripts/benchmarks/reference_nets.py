"""The reference networks as torch modules, with seeded random weights that behave.

Weights are random: the benchmarks need the shapes, not the answers. They are drawn as trained ones
are initialized, and batch normalization takes its statistics from a batch, so that activations
keep a sane range and quantization has something to keep.

Architectures: MobileNetV2 (Sandler et al. 2018), ResNet (He et al. 2015; ResNet8 as in MLPerf
Tiny), DS-CNN (Zhang et al. 2017, as in MLPerf Tiny), transformer encoder (Vaswani et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

SEED = 1
CALIBRATION_SEED = 3
CALIBRATION_SAMPLES = 16


def normalized_conv(channels: tuple[int, int], kernel: int | tuple[int, int], stride: int = 1,
                    groups: int = 1, padding: int | None = None) -> nn.Sequential:
    """Convolution and batch normalization; padded to keep the size unless told otherwise."""
    if padding is None:
        assert isinstance(kernel, int)
        padding = (kernel - 1) // 2
    return nn.Sequential(
        nn.Conv2d(*channels, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(channels[1], momentum=None))


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, depthwise, project; added to its input where sizes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [normalized_conv((inputs, hidden), 1), nn.ReLU6()] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand, normalized_conv((hidden, hidden), 3, stride, hidden), nn.ReLU6(),
            normalized_conv((hidden, outputs), 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """NCHW to NCHW."""
        y: Tensor = self.layers(x)
        return x + y if self.adds else y


class BasicBlock(nn.Module):
    """ResNet's block: two 3x3 convolutions around a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = normalized_conv((inputs, outputs), 3, stride)
        self.second = normalized_conv((outputs, outputs), 3)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else normalized_conv((inputs, outputs), 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """NCHW to NCHW."""
        y = self.second(torch.relu(self.first(x)))
        return torch.relu(y + self.shortcut(x))


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward part, each added and normalized after."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """(1, tokens, width) to the same."""
        tokens, width = x.shape[1], x.shape[2]
        depth = width // self.heads

        def split(y: Tensor) -> Tensor:
            return y.reshape(1, tokens, self.heads, depth).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = torch.softmax(q @ k.transpose(2, 3) * depth**-0.5, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(1, tokens, width)
        x = self.norm_1(x + self.out(mixed))
        y: Tensor = self.norm_2(x + self.down(torch.relu(self.up(x))))
        return y


def classifier(features: Sequence[nn.Module], channels: int, classes: int) -> nn.Sequential:
    """The features, averaged over the image, and a linear layer."""
    return nn.Sequential(*features, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(channels, classes))


def mobilenetv2() -> nn.Module:
    """Width 1.0, 1000 classes."""
    layers: list[nn.Module] = [normalized_conv((3, 32), 3, 2), nn.ReLU6()]
    inputs = 32
    for expansion, outputs, repeats, stride in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
            (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(repeats):
            layers.append(InvertedResidual(inputs, outputs, stride if i == 0 else 1, expansion))
            inputs = outputs
    return classifier([*layers, normalized_conv((320, 1280), 1), nn.ReLU6()], 1280, 1000)


def resnet18() -> nn.Module:
    """ImageNet's, 1000 classes."""
    layers: list[nn.Module] = [normalized_conv((3, 64), 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    for inputs, outputs, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)):
        layers += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
    return classifier(layers, 512, 1000)


def resnet8() -> nn.Module:
    """CIFAR-10's, 10 classes."""
    return classifier([normalized_conv((3, 16), 3), nn.ReLU(), BasicBlock(16, 16, 1),
                       BasicBlock(16, 32, 2), BasicBlock(32, 64, 2)], 64, 10)


def dscnn() -> nn.Module:
    """Keyword spotting, 64 channels, 12 classes; the first layer pads as TensorFlow's SAME."""
    layers: list[nn.Module] = [nn.ZeroPad2d((1, 1, 4, 5)),
                               normalized_conv((1, 64), (10, 4), 2, padding=0), nn.ReLU()]
    for _ in range(4):
        layers += [normalized_conv((64, 64), 3, groups=64), nn.ReLU(),
                   normalized_conv((64, 64), 1), nn.ReLU()]
    return classifier(layers, 64, 12)


def encoder4() -> nn.Module:
    """4 layers of width 256, 4 heads, 1024 hidden."""
    return nn.Sequential(*(EncoderLayer(256, 4, 1024) for _ in range(4)))


BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "mobilenetv2": mobilenetv2, "resnet18": resnet18, "resnet8": resnet8, "dscnn": dscnn,
    "encoder4": encoder4}


def build(name: str, shape: Sequence[int]) -> tuple[nn.Module, Tensor]:
    """The network in inference mode, and its calibration samples, stacked; always the same."""
    torch.manual_seed(SEED)
    module = BUILDERS[name]()
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_in")
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.6, 1.2)
            nn.init.normal_(part.bias, 0.0, 0.2)
    generator = torch.Generator().manual_seed(CALIBRATION_SEED)
    samples = torch.randn((CALIBRATION_SAMPLES, *shape[1:]), generator=generator)
    if any(isinstance(part, nn.BatchNorm2d) for part in module.modules()):
        with torch.no_grad():  # momentum None: the statistics of this batch
            module.train()(torch.randn(samples.shape, generator=generator))
    return module.eval(), samples
