"""How good a model is, and how well two models agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Comparison:
    """A model against its float original on the same labelled or unlabelled inputs.

    accuracy and reference_accuracy: share of right top-1 classes, None without labels.
    agreement: share of inputs with the same top-1 class. cosine: mean cosine of the outputs.
    """

    count: int
    agreement: float
    cosine: float
    accuracy: float | None = None
    reference_accuracy: float | None = None


def top1(logits: Array, labels: Array) -> float:
    """Share of rows of logits [n, classes] whose largest entry is the label."""
    return float((logits.argmax(-1) == labels).mean())


def cosine(a: Array, b: Array) -> float:
    """Mean over rows of the cosine between a and b, [n, ...]."""
    x, y = (v.reshape(len(v), -1).astype(np.float64) for v in (a, b))
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return float(np.mean((x * y).sum(1) / np.maximum(norms, 1e-30)))


def compare(outputs: Array, reference: Array, labels: Array | None = None) -> Comparison:
    """Compares outputs [n, classes] with the float model's on the same n inputs."""
    assert outputs.shape == reference.shape
    return Comparison(
        count=len(outputs), agreement=float((outputs.argmax(-1) == reference.argmax(-1)).mean()),
        cosine=cosine(outputs, reference),
        accuracy=None if labels is None else top1(outputs, labels),
        reference_accuracy=None if labels is None else top1(reference, labels))
