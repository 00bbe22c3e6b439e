"""Shoulder exercises from a smartwatch: seven classes, ten people, real recordings.

Data: the recordings that `seglearn` ships (Burns et al. 2018, "Shoulder physiotherapy exercise
recognition", Physiological Measurement 39): acceleration and rotation at 50 Hz, 140 series.
Whole people are held out: nobody in the test or validation set is in the training set.

    edgec inspect edgec.examples.watch:model
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from edgec.examples.installed import installed_file

CLASSES = ("PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW")
CHANNELS, WINDOW, HOP = 6, 128, 32  # 2.56 s, a new window every 0.64 s
TEST_SUBJECTS, VALIDATION_SUBJECTS = (8, 9, 10), (7,)
SEED = 1
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Split:
    """x: float32 [n, 6, 128, 1]; y: int64 [n], an index into CLASSES."""

    x: Array
    y: Array


@dataclass(frozen=True)
class WatchData:
    """Windows of the three groups of people, scaled by the training group's mean and deviation."""

    train: Split
    validation: Split
    test: Split


def load() -> WatchData:
    """Reads the recordings and cuts them into windows."""
    path = installed_file("seglearn", "seglearn/data/watch_dataset.npy")
    # The file is a pickle inside an installed, pinned package: as trusted as its code.
    stored = np.load(path, allow_pickle=True).item()
    groups: dict[str, list[tuple[Array, int]]] = {"train": [], "validation": [], "test": []}
    for series, label, subject in zip(stored["X"], stored["y"], stored["subject"], strict=True):
        group = ("test" if subject in TEST_SUBJECTS else
                 "validation" if subject in VALIDATION_SUBJECTS else "train")
        starts = range(0, len(series) - WINDOW + 1, HOP)
        groups[group] += [(series[s:s + WINDOW].T, int(label)) for s in starts]
    raw = {name: np.stack([w for w, _ in windows]).astype(np.float32)
           for name, windows in groups.items()}
    mean, deviation = (f(raw["train"], (0, 2), keepdims=True) for f in (np.mean, np.std))
    return WatchData(**{name: Split(((raw[name] - mean) / deviation)[..., None],
                                    np.array([y for _, y in windows], np.int64))
                        for name, windows in groups.items()})


class WatchNet(nn.Module):
    """A depthwise-separable CNN over time (MobileNet, Howard et al. 2017), 37 k parameters."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()

        def norm(channels: int) -> list[nn.Module]:
            return [nn.BatchNorm2d(channels), nn.ReLU()]

        def separable(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
            return [nn.Conv2d(inputs, inputs, (9, 1), (stride, 1), (4, 0), groups=inputs,
                              bias=False), *norm(inputs),
                    nn.Conv2d(inputs, outputs, 1, bias=False), *norm(outputs)]

        self.features = nn.Sequential(
            nn.Conv2d(CHANNELS, width, (9, 1), (2, 1), (4, 0), bias=False), *norm(width),
            *separable(width, width, 2), *separable(width, 2 * width, 2),
            *separable(2 * width, 2 * width, 1), nn.Dropout(0.3))
        self.classifier = nn.Linear(2 * width, len(CLASSES))

    def forward(self, window: Tensor) -> Tensor:
        """window: [n, 6, 128, 1] to logits [n, 7]."""
        out: Tensor = self.classifier(self.features(window).mean((2, 3)))
        return out


def augmented(x: Tensor, generator: torch.Generator) -> Tensor:
    """Turns the watch on the wrist a little and scales the movement: people differ in both."""
    n = x.shape[0]
    turn = torch.linalg.qr(torch.eye(3) + 0.15 * torch.randn(n, 3, 3, generator=generator))[0]
    turn = turn * torch.sign(torch.diagonal(turn, dim1=1, dim2=2))[:, None, :]
    gain = 1 + 0.15 * torch.randn(n, 1, 1, generator=generator)
    both = torch.cat([turn @ x[:, :3, :, 0], turn @ x[:, 3:, :, 0]], 1) * gain
    return (both + 0.02 * torch.randn(both.shape, generator=generator))[..., None]


def train(data: WatchData, epochs: int = 12,
          progress: Callable[[int, float], None] = lambda epoch, accuracy: None) -> nn.Module:
    """Trains WatchNet; the epoch with the best validation accuracy is kept (never test data).

    progress is called after each epoch with its number (from 1) and the validation accuracy.
    """
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    x, y = torch.from_numpy(data.train.x), torch.from_numpy(data.train.y)
    net, batch = WatchNet(), 64
    steps = epochs * (len(x) // batch)
    optimizer = torch.optim.AdamW(net.parameters(), 4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    best, best_state = -1.0, net.state_dict()
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(x), generator=generator)
        for chosen in order[: len(x) // batch * batch].split(batch):  # type: ignore[no-untyped-call]
            loss = nn.functional.cross_entropy(net(augmented(x[chosen], generator)), y[chosen],
                                               label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        score = accuracy(net, data.validation)
        if score >= best:
            best, best_state = score, {k: v.clone() for k, v in net.state_dict().items()}
        progress(epoch + 1, score)
    net.load_state_dict(best_state)
    return net.eval()


def accuracy(net: nn.Module, split: Split) -> float:
    """Share of windows that are classified right."""
    net.eval()
    with torch.no_grad():
        guesses = net(torch.from_numpy(split.x)).argmax(1).numpy()
    return float((guesses == split.y).mean())


def model() -> tuple[nn.Module, tuple[Tensor]]:
    """The network, untrained, and an example input, for `edgec ... module:callable`."""
    torch.manual_seed(SEED)
    return WatchNet().eval(), (torch.zeros(1, CHANNELS, WINDOW, 1),)
