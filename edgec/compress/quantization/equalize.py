"""Cross-layer equalization: moves scale between neighbouring layers so that channels look alike.

For layer 1 -> ReLU -> layer 2 and any s_i > 0, dividing channel i of layer 1 (weight row and bias)
by s_i and multiplying what layer 2 does with it by s_i changes nothing, because
relu(x / s) = relu(x) / s. Nagel et al. 2019 (DFQ, arXiv 1906.04721, equation 11) choose
s_i = sqrt(r1_i / r2_i) with r the largest weights of channel i in the layers. That suits weights
quantized per tensor. With weights per channel, what suffers is the activation between, which is
per tensor: there r1_i is the largest activation of the channel (Xiao et al. 2022, SmoothQuant,
arXiv 2211.10438, equation 4, alpha = 1/2).

ReLU6 caps: min(x, 6) / s is not min(x / s, 6). A channel that came near its cap is left alone; the
others move only as far as they stay below half the cap, seen on calibration data. The report
names how many. So the function is unchanged for every input that stays within twice the calibrated
range of such a channel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import rules
from edgec.compress.quantization.policy import consumers
from edgec.compress.quantization.units import (
    Unit,
    bias_array,
    bias_use,
    find_units,
    groups,
    output_axis,
    weight_array,
    weight_value,
)

_HEADROOM = 0.5  # the share of a cap that a moved channel may use
_LARGEST_FACTOR = 2.0**10
_ROUNDS = 20
_SETTLED = 1e-3


@dataclass(frozen=True)
class Pair:
    """Two linear units, the first's output read by the second only. cap: inf without ReLU6."""

    first: Unit
    second: Unit
    cap: float

    @property
    def tensor(self) -> str:
        """The name of the tensor between the two."""
        return str(self.first.output.name)


@dataclass(frozen=True)
class Equalized:
    """What was done to one pair. factor: the largest s_i or 1/s_i; fixed: channels left alone."""

    first: str
    second: str
    channels: int
    fixed: int
    factor: float


def find_pairs(graph: ir.Graph) -> tuple[Pair, ...]:
    """All pairs of linear units that can be equalized."""
    units = find_units(graph)
    readers = consumers(units)
    pairs = []
    for first in units:
        following = readers.get(first.output, [])
        cap = _cap(first.activation)
        if first.kind == "linear" and len(following) == 1 and cap is not None \
                and _can_pair(first, following[0]):
            pairs.append(Pair(first, following[0], cap))
    return tuple(pairs)


def channel_axis(unit: Unit) -> int:
    """The axis of the unit's output that counts channels."""
    return 1 if unit.op == "Conv" else -1


def equalize(model: ir.Model, largest: Mapping[str, Array],
             per_channel: bool) -> tuple[ir.Model, tuple[Equalized, ...]]:
    """An equalized copy of `model`, and what was done.

    largest: the largest absolute activation per channel, by tensor name (`ChannelMaximum`), for
    every pair. per_channel: whether the weights will be quantized per channel.
    """
    result = model.clone()
    pairs = find_pairs(result.graph)
    layers = {u.name: _Layer(u) for p in pairs for u in (p.first, p.second)}
    factors: dict[str, Array] = {p.tensor: np.ones(len(largest[p.tensor])) for p in pairs}
    for _ in range(_ROUNDS):
        change = 0.0
        for pair in pairs:
            maximum = largest[pair.tensor] / factors[pair.tensor]
            step = _factors(pair, layers, maximum, per_channel)
            layers[pair.first.name].divide_outputs(step)
            layers[pair.second.name].multiply_inputs(step)
            factors[pair.tensor] = factors[pair.tensor] * step
            change = max(change, float(np.abs(np.log(step)).max()))
        if change < _SETTLED:
            break
    for layer in layers.values():
        layer.write()
    return result, tuple(_describe(p, factors[p.tensor]) for p in pairs)


class _Layer:
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

    def output_range(self) -> Array:
        """Largest absolute weight per output channel."""
        return np.asarray(np.abs(self.weight).max(axis=(2, 3)).reshape(-1))

    def input_range(self) -> Array:
        """Largest absolute weight per input channel."""
        return np.asarray(np.abs(self.weight).max(axis=(1, 3)).reshape(-1))

    def divide_outputs(self, factors: Array) -> None:
        self.weight = self.weight / factors.reshape(*self.weight.shape[:2], 1, 1)
        if self._bias is not None:
            self._bias = self._bias / factors

    def multiply_inputs(self, factors: Array) -> None:
        count, _, inputs, _ = self.weight.shape
        self.weight = self.weight * factors.reshape(count, 1, inputs, 1)

    def write(self) -> None:
        """Put the new numbers into the unit's graph."""
        weight = self.weight.reshape(self._shape)
        _set(weight_value(self._unit), weight.T if self._transposed else weight)
        use = bias_use(self._unit)
        if use is not None and self._bias is not None:
            value = use[0].inputs[use[1]]
            assert value is not None
            _set(value, self._bias.reshape(np.asarray(rules.constant(value)).shape))


def _set(value: ir.Value, data: Array) -> None:
    value.const_value = ir.tensor(np.ascontiguousarray(data, np.float32), name=value.name)


def _factors(pair: Pair, layers: Mapping[str, _Layer], maximum: Array, per_channel: bool) -> Array:
    """s, float64 [channels], all > 0."""
    first = maximum if per_channel else layers[pair.first.name].output_range()
    second = layers[pair.second.name].input_range()
    alive = (first > 0) & (second > 0) & (maximum > 0)
    if not alive.any():
        return np.ones(len(first))
    ratio = np.where(alive, first / np.where(second > 0, second, 1), 1.0).astype(np.float64)
    factors = np.sqrt(ratio)
    if per_channel:  # activations and weights have different units: only the shape matters
        factors /= np.exp(np.log(factors[alive]).mean())
    factors = np.clip(factors, 1 / _LARGEST_FACTOR, _LARGEST_FACTOR)
    room = pair.cap * _HEADROOM
    if math.isfinite(pair.cap):
        factors = np.maximum(factors, maximum / room)
    return np.where(alive & (maximum <= room), factors, 1.0)


def _can_pair(first: Unit, second: Unit) -> bool:
    if second.kind != "linear" or (first.op == "Conv") != (second.op == "Conv"):
        return False
    value = first.output
    if value.is_graph_output() or second.inputs[0] is not value or len(value.uses()) != 1:
        return False
    return all(len(v.uses()) == 1 for u in (first, second) for v in _parameters(u))


def _parameters(unit: Unit) -> Sequence[ir.Value]:
    use = bias_use(unit)
    bias = use[0].inputs[use[1]] if use is not None else None
    return [weight_value(unit)] if bias is None else [weight_value(unit), bias]


def _cap(activation: ir.Node | None) -> float | None:
    """The upper end of a Relu or Clip(0, cap), inf for none; None when it does not scale."""
    if activation is None or activation.op_type == "Relu":
        return math.inf
    low, high = (rules.constant(v) for v in (*activation.inputs[1:], None, None)[:2])
    if low is None or float(low.reshape(())) != 0:
        return None
    return math.inf if high is None else float(high.reshape(()))


def _describe(pair: Pair, factors: Array) -> Equalized:
    spread = np.exp(np.abs(np.log(factors))).max(initial=1.0)
    return Equalized(pair.first.name, pair.second.name, len(factors),
                     int((factors == 1.0).sum()), float(spread))


