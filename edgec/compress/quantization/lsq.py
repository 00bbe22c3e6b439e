"""What quantization-aware training does around every step: scales in check, zeros kept.

Esser et al. 2019 (LSQ), arXiv 1902.08153: the scale's gradient (equation 3, see
`edgec.model.handlers.quantization`) is multiplied by g = 1 / sqrt(N Q_P), section 2.2, so that
scales move as fast as weights. Here the ratio r = s / s0 is learned; g / s0^2 times its gradient
moves s as plain gradient descent on s does. AdamW is indifferent to the factor: with it, s moves by
at most the learning rate, relative to itself, in one step.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from edgec.compress.method import Array
from edgec.compress.quantization import rules
from edgec.compress.quantization.trainable import LearnedScale, TrainingGraph
from edgec.compress.training.hook import Hook
from edgec.model.execute import TorchGraph

_LARGEST_RATIO = 4.0  # within it, no scale leaves what backends can requantize


class QuantizationHook(Hook):
    """masks: 1 where a weight may change and 0 where it stays zero, by the name of the weight."""

    def __init__(self, training: TrainingGraph, masks: Mapping[str, Array]) -> None:
        initializers = training.model.graph.initializers
        self._factors = {s.ratio: torch.from_numpy(gradient_factor(
            s, rules.constant(initializers[s.members[0]]))) for s in training.scales}
        self._masks = {name: torch.from_numpy(mask) for name, mask in masks.items()}

    def before_step(self, graph: TorchGraph, done: float) -> None:
        """Scale the gradients of the ratios."""
        weights = graph.weights()
        for name, factor in self._factors.items():
            if (gradient := weights[name].grad) is not None:
                gradient.mul_(factor)

    def after_step(self, graph: TorchGraph, done: float) -> None:
        """Keep ratios in their range and zeros zero."""
        weights = graph.weights()
        with torch.no_grad():
            for name in self._factors:
                weights[name].clamp_(1 / _LARGEST_RATIO, _LARGEST_RATIO)
            for name, mask in self._masks.items():
                weights[name].mul_(mask)


def gradient_factor(scale: LearnedScale, before: Array | None) -> Array:
    """g / s0^2 for every ratio, float32. before: s0."""
    assert before is not None
    g = 1 / np.sqrt(float(scale.count * scale.levels))
    return np.asarray(g / np.square(before.astype(np.float64)), np.float32)
