"""A QDQ graph in a form that can be trained: what is learned, and the way back.

        w float ─ round to levels ─ DQ ─┐
        x ─ Q ─ DQ ─────────────────────┼─ Conv ─ ...     every scale = scale × ratio, ratio learned
        b float ────────────────────────┘

The nodes in between are the ones that ship, so training sees what the board will compute, but for
the rounding of biases to int32. Scales are learned as ratios to what they were: a step of an
optimizer then means the same for every scale. Those that must stay equal have one ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import scheme


@dataclass(frozen=True)
class LearnedWeight:
    """integers, scale: names in the QDQ graph; name: of the float weight in the training graph."""

    name: str
    integers: str
    scale: str
    axis: int | None
    levels: int


@dataclass(frozen=True)
class LearnedBias:
    """input_scale, weight_scale: whose product is the bias's scale; names in the QDQ graph."""

    name: str
    integers: str
    scale: str
    input_scale: str
    weight_scale: str


@dataclass(frozen=True)
class LearnedScale:
    """ratio: name in the training graph. members: scales of the QDQ graph that it multiplies.

    count: how many values share one scale. levels: the largest integer.
    """

    ratio: str
    members: tuple[str, ...]
    count: int
    levels: int


@dataclass(frozen=True)
class TrainingGraph:
    """The graph for `TorchGraph(model, trainable)`, and what `ship` needs to go back."""

    model: ir.Model
    trainable: tuple[str, ...]
    weights: tuple[LearnedWeight, ...]
    biases: tuple[LearnedBias, ...]
    scales: tuple[LearnedScale, ...]


def ship(quantized: ir.Model, training: TrainingGraph, trained: ir.Model) -> ir.Model:
    """`quantized` with the numbers that were learned. trained: `training.model`, trained."""
    result = quantized.clone()
    learned, stored = _arrays(trained.graph), _arrays(result.graph)
    for scale in training.scales:
        for name in scale.members:
            stored[name] = np.asarray(stored[name] * learned[scale.ratio], np.float32)
    for weight in training.weights:
        scale_array = stored[weight.scale] if weight.axis is None else scheme.along(
            stored[weight.scale], weight.axis, learned[weight.name].ndim)
        integers = np.rint(learned[weight.name] / scale_array)
        stored[weight.integers] = np.clip(integers, -weight.levels, weight.levels).astype(np.int8)
    for bias in training.biases:
        stored[bias.scale] = scheme.bias_scale(float(stored[bias.input_scale].reshape(())),
                                               stored[bias.weight_scale])
        stored[bias.integers] = scheme.bias(learned[bias.name], stored[bias.scale])
    for name, value in result.graph.initializers.items():
        data = stored[name]
        if name in training.trainable:  # a float layer's
            data = learned[name]
        value.const_value = ir.tensor(np.ascontiguousarray(data).reshape(data.shape), name=name)
    return result


def _arrays(graph: ir.Graph) -> dict[str, Array]:
    return {str(name): np.asarray(value.const_value.numpy())
            for name, value in graph.initializers.items() if value.const_value is not None}
