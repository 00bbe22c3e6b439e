"""Cross-layer equalization: moves scale between layers so that the channels of a tensor look alike.

Dividing channel i of a group's tensors by s_i > 0 changes nothing if the layers around make it good
(see scaling_groups.py). Nagel et al. 2019 (DFQ, arXiv 1906.04721, equation 11) choose
s_i = sqrt(r1_i / r2_i) with r the largest weights of channel i in the layers before and after.
That suits weights quantized per tensor. With weights per channel, what suffers is the activation
between, which is per tensor: there r1_i is the largest activation of the channel (Xiao et al. 2022,
SmoothQuant, arXiv 2211.10438, equation 4, alpha = 1/2). A depthwise layer after it has one weight
scale per channel, so there all of the range can move (alpha = 1).

ReLU6 caps: min(x, 6) / s is not min(x / s, 6). A channel that came near its cap is left alone; the
others move only as far as they stay below half the cap, seen on calibration data. The report
names how many. So the function is unchanged for every input that stays within twice the calibrated
range of such a channel.

A group whose channels are alike already (less than two bits to gain on average) is left alone:
there the difficulty that moves into the weights costs more than it gives (on EfficientNet-Lite0 it
raises the divergence of the logits by a quarter or more, whatever the exponent).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import rules
from edgec.compress.quantization.scaling_groups import ScalingGroup, find_groups
from edgec.compress.quantization.units import (
    Unit,
    bias_array,
    bias_value,
    groups,
    output_axis,
    weight_array,
    weight_value,
)

_HEADROOM = 0.5  # the share of a cap that a moved channel may use
_LARGEST_FACTOR = 2.0**10
_ROUNDS = 20
_SETTLED = 1e-3
_WORTH_BITS = 2.0


@dataclass(frozen=True)
class Equalized:
    """What was done to one group of tensors.

    fixed: channels left alone. factor: the largest s_i or 1 / s_i.
    """

    tensors: tuple[str, ...]
    channels: int
    fixed: int
    factor: float

    @classmethod
    def of(cls, tensors: tuple[str, ...], factors: Array) -> Equalized:
        """The summary of s [channels]."""
        spread = math.exp(float(np.abs(np.log(factors)).max(initial=0.0)))
        return cls(tensors, len(factors), int((factors == 1.0).sum()), spread)


def equalize(model: ir.Model, largest: Mapping[str, Array],
             per_channel: bool) -> tuple[ir.Model, tuple[Equalized, ...]]:
    """An equalized copy of `model`, and what was done.

    largest: the largest absolute activation per channel, by name (`ChannelMaximum`), of every
    tensor in a group. per_channel: whether the weights will be quantized per channel.
    """
    result = model.clone()
    found = [group for group in find_groups(result.graph)
             if _is_worth_it(group, largest, per_channel)]
    layers = {u.name: Layer(u) for g in found for u in (*g.producers, *g.consumers)}
    total = [np.ones(len(largest[g.tensors[0]])) for g in found]
    for _ in range(_ROUNDS):
        change = 0.0
        for index, group in enumerate(found):
            maxima = {name: largest[name] / total[index] for name in group.tensors}
            step = _factors(group, layers, maxima, per_channel)
            for unit in group.producers:
                layers[unit.name].divide_outputs(step)
            for unit in group.consumers:
                layers[unit.name].multiply_inputs(step)
            total[index] = total[index] * step
            change = max(change, float(np.abs(np.log(step)).max(initial=0.0)))
        if change < _SETTLED:
            break
    for layer in layers.values():
        layer.write()
    return result, tuple(Equalized.of(group.tensors, factors)
                         for group, factors in zip(found, total, strict=True))


def lost_bits(ranges: Sequence[Array]) -> float:
    """How many bits a channel lacks because another is larger: on average, of the worst tensor.

    ranges: the largest absolute value per channel, of each tensor.
    """
    return max((float(np.mean(np.log2(r.max() / r[r > 0]))) for r in ranges if r.any()),
               default=0.0)


def _is_worth_it(group: ScalingGroup, largest: Mapping[str, Array], per_channel: bool) -> bool:
    ranges = [largest[name] for name in group.tensors] if per_channel \
        else [Layer(unit).output_range() for unit in group.producers]
    return lost_bits(ranges) >= _WORTH_BITS


class Layer:
    """A linear unit's weight, seen as [groups, outputs / groups, inputs / groups, taps]."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        weight = weight_array(unit).astype(np.float64)
        self._transposed = output_axis(unit) == 1
        weight = weight.T if self._transposed else weight
        self._shape, count = weight.shape, groups(unit)
        self.weight: Array = weight.reshape(count, weight.shape[0] // count, weight.shape[1], -1)
        bias = bias_array(unit)
        self._bias = None if bias is None else bias.astype(np.float64)

    @property
    def is_depthwise(self) -> bool:
        """Whether each output reads one input channel only."""
        return bool(self.weight.shape[0] > 1 and self.weight.shape[2] == 1)

    def output_range(self) -> Array:
        """Largest absolute weight per output channel."""
        return np.asarray(np.abs(self.weight).max(axis=(2, 3)).reshape(-1))

    def input_range(self) -> Array:
        """Largest absolute weight per input channel."""
        return np.asarray(np.abs(self.weight).max(axis=(1, 3)).reshape(-1))

    def divide_outputs(self, factors: Array) -> None:
        """Divide output channel i, weight and bias, by factors[i]."""
        self.weight = self.weight / factors.reshape(*self.weight.shape[:2], 1, 1)
        if self._bias is not None:
            self._bias = self._bias / factors

    def multiply_inputs(self, factors: Array) -> None:
        """Multiply what is done with input channel i by factors[i]."""
        count, _, inputs, _ = self.weight.shape
        self.weight = self.weight * factors.reshape(count, 1, inputs, 1)

    def write(self) -> None:
        """Put the new numbers into the unit's graph."""
        weight = self.weight.reshape(self._shape)
        _set(weight_value(self._unit), weight.T if self._transposed else weight)
        value = bias_value(self._unit)
        if value is not None and self._bias is not None:
            _set(value, self._bias.reshape(np.asarray(rules.constant(value)).shape))


def _set(value: ir.Value, data: Array) -> None:
    value.const_value = ir.tensor(np.ascontiguousarray(data, np.float32), name=value.name)


def _factors(group: ScalingGroup, layers: Mapping[str, Layer], maxima: Mapping[str, Array],
             per_channel: bool) -> Array:
    """s, float64 [channels], all > 0."""
    readers = [layers[u.name] for u in group.consumers]
    second = np.max([layer.input_range() for layer in readers], axis=0)
    written = np.max([layers[u.name].output_range() for u in group.producers], axis=0)
    alive = (written > 0) & (second > 0) & np.all([m > 0 for m in maxima.values()], axis=0)
    if not alive.any():
        return np.ones(len(alive))
    with np.errstate(divide="ignore", invalid="ignore"):
        if not per_channel:
            factors = np.sqrt(written / second)
        else:
            typical = np.exp(np.mean([np.log(m) for m in maxima.values()], axis=0))
            factors = typical if all(r.is_depthwise for r in readers) else np.sqrt(typical / second)
            # Activations and weights have different units: only the shape matters.
            factors = factors / np.exp(np.log(factors[alive]).mean())
    factors = np.clip(np.where(alive, factors, 1.0), 1 / _LARGEST_FACTOR, _LARGEST_FACTOR)
    for name, cap in group.caps.items():
        room = cap * _HEADROOM
        alive &= maxima[name] <= room
        factors = np.maximum(factors, maxima[name] / room)
    return np.where(alive, factors, 1.0)
