"""How a model scores when the inputs are worse than those it was made with.

Images (of the task's kind, else rank 4, [n, c, h, w] with h and w above 1) get noise, blur and
brightness, like Hendrycks and Dietterich 2019, arXiv 1903.12261, at one strength each; their scale
is the inputs' own deviation, so any normalization will do. Other float inputs, signals over time,
get noise at two ratios and a shift. Everything random has a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.lower.graph import Array
from edgec.model.task import Samples, Task

Corruption = Callable[[Array, np.random.Generator], Array]
NOISE, BRIGHTNESS = 0.3, 0.5  # in deviations of the inputs
SHIFT = 0.1  # of the length


@dataclass(frozen=True)
class Robustness:
    """Scores by corruption, "none" first; worst: the largest loss against none."""

    scores: Mapping[str, float]

    @property
    def worst(self) -> float:
        """How much the score falls under the corruption that hurts most."""
        return self.scores["none"] - min(self.scores.values())


def robustness(model: ir.Model, samples: Samples, task: Task, seed: int = 0) -> Robustness:
    """The model's score on the samples, as they are and under every corruption that suits the task.
    """
    from edgec.compress.training.score import score_model

    scores = {"none": score_model(model, samples, task.metric)}
    for name, corrupt in corruptions(samples, task.kind).items():
        scores[name] = score_model(model, corrupted(samples, corrupt, seed), task.metric)
    return Robustness(scores)


def corruptions(samples: Samples, kind: str = "auto") -> dict[str, Corruption]:
    """Those that suit the first input, as a kind of `Task`; none for integers, as words are."""
    first = next(iter(samples.inputs.values()))
    if first.dtype.kind != "f":
        return {}
    looks_like_image = first.ndim == 4 and min(first.shape[2:]) > 1
    if kind == "image" or (kind == "auto" and looks_like_image):
        return {"noise": _noise, "blur": _blur, "brighter": _brighter, "darker": _darker}
    return {"noise 20 dB": _snr(20), "noise 10 dB": _snr(10), "shift": _shift}


def corrupted(samples: Samples, corrupt: Corruption, seed: int) -> Samples:
    """The samples with every float input corrupted."""
    rng = np.random.default_rng(seed)
    return Samples({name: corrupt(a, rng).astype(a.dtype) if a.dtype.kind == "f" else a
                    for name, a in samples.inputs.items()}, samples.targets)


def class_scores(scores: Array, targets: Array) -> dict[int, float]:
    """The mean score of each class; none where targets are no classes."""
    if targets.ndim != 1 or targets.dtype.kind not in "iu":
        return {}
    return {int(c): float(scores[targets == c].mean()) for c in np.unique(targets)}


def _noise(x: Array, rng: np.random.Generator) -> Array:
    return np.asarray(x + NOISE * x.std() * rng.standard_normal(x.shape))


def _blur(x: Array, rng: np.random.Generator) -> Array:
    """Mean of 3 × 3 pixels, edges repeated."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    rows, columns = x.shape[2:]
    return np.asarray(sum(padded[:, :, i:i + rows, j:j + columns]
                          for i in range(3) for j in range(3)) / 9)


def _brighter(x: Array, rng: np.random.Generator) -> Array:
    return np.asarray(x + BRIGHTNESS * x.std())


def _darker(x: Array, rng: np.random.Generator) -> Array:
    return np.asarray(x - BRIGHTNESS * x.std())


def _snr(decibel: float) -> Corruption:
    """Noise of a power so far below that of each sample."""
    def corrupt(x: Array, rng: np.random.Generator) -> Array:
        axes = tuple(range(1, x.ndim))
        power = (x ** 2).mean(axes, keepdims=True) / 10 ** (decibel / 10)
        return np.asarray(x + np.sqrt(power) * rng.standard_normal(x.shape))
    return corrupt


def _shift(x: Array, rng: np.random.Generator) -> Array:
    """Along the longest axis, by up to SHIFT of it either way; zeros come in."""
    axis = 1 + int(np.argmax(x.shape[1:])) if x.ndim > 1 else 0
    most = max(1, round(SHIFT * x.shape[axis]))
    moved = np.zeros_like(x)
    for i, by in enumerate(rng.integers(-most, most + 1, len(x))):
        rolled = np.roll(x[i], by, axis - 1)
        edge = slice(0, by) if by >= 0 else slice(by, None)
        rolled[(slice(None),) * (axis - 1) + (edge,)] = 0
        moved[i] = rolled
    return moved
