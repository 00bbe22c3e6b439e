"""What a model is judged by: scores by name, larger is better, (outputs, targets) -> one number.

Each is a mean over samples, so a score on parts is the weighted mean of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Metric = Callable[[Array, Array], Array]


def top1(logits: Array, classes: Array) -> Array:
    """Per sample 1 where the largest of logits [n, classes] is the class, else 0; float64 [n]."""
    right = logits.reshape(*classes.shape, -1).argmax(-1) == classes
    return _per_sample(right)


def log_likelihood(logits: Array, classes: Array) -> Array:
    """Per sample the mean of log softmax at the class, logits [n, positions, classes].

    Perplexity is exp of minus its mean.
    """
    z = logits.reshape(*classes.shape, -1).astype(np.float64)
    z -= z.max(-1, keepdims=True)
    chosen = np.take_along_axis(z, classes[..., None], -1)[..., 0]
    return _per_sample(chosen - np.log(np.exp(z).sum(-1)))


def negative_squared_error(outputs: Array, targets: Array) -> Array:
    """Per sample minus the mean of the squared differences."""
    difference = outputs.astype(np.float64) - targets.reshape(outputs.shape)
    return -_per_sample(difference ** 2)


def cosine(outputs: Array, targets: Array) -> Array:
    """Per sample the cosine between its outputs and its targets."""
    x, y = (v.reshape(len(v), -1).astype(np.float64) for v in (outputs, targets))
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    result: Array = (x * y).sum(1) / np.maximum(norms, 1e-30)
    return result


def _per_sample(values: Array) -> Array:
    result: Array = values.reshape(len(values), -1).astype(np.float64).mean(1)
    return result


METRICS: Mapping[str, Metric] = {
    "top1": top1, "log_likelihood": log_likelihood,
    "negative_squared_error": negative_squared_error, "cosine": cosine}
