"""The int8 numbers: how ranges become scales and zero points, and weights and biases integers.

Jacob et al. 2017, arXiv 1712.05877, section 2.1: real = scale * (q - zero_point).
Activations: int8 in [-128, 127], per tensor, asymmetric, 0.0 is exactly an integer.
Weights: int8 in [-127, 127], or of fewer bits b in [1 - 2^(b-1), 2^(b-1) - 1] held in int8, per
output channel or per tensor, zero point 0.
Biases: int32 with scale input_scale * weight_scale, zero point 0.
All scales are float32 and products are rounded to float32, as every backend does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.compress.method import Array

WEIGHT_MAX = 127
SCALE_MIN = 2.0**-40
_UNUSED_SCALE = 2.0**-7  # of a tensor or layer that is always zero: any sane number will do
_BIAS_MAX = 2.0**30
_SHARES = 36  # steps of 2 %


@dataclass(frozen=True)
class Activation:
    """Scale and zero point of an int8 tensor. `scale` is a float32 value."""

    scale: float
    zero_point: int

    @property
    def low(self) -> float:
        """The smallest representable number."""
        return self.scale * (-128 - self.zero_point)

    @property
    def high(self) -> float:
        """The largest representable number."""
        return self.scale * (127 - self.zero_point)


@dataclass(frozen=True)
class Weight:
    """An int8 weight. scale: float32, one value (axis None) or one per index of `axis`.

    levels: the largest integer, 127 for 8 bits and 7 for 4.
    """

    values: Array
    scale: Array
    axis: int | None
    levels: int = WEIGHT_MAX

    @property
    def bits(self) -> int:
        """How many bits hold one weight."""
        return self.levels.bit_length() + 1

    @property
    def real(self) -> Array:
        """What the integers stand for, float32."""
        if self.axis is None:
            return np.asarray(self.values.astype(np.float32) * self.scale)
        return np.asarray(self.values.astype(np.float32)
                          * along(self.scale, self.axis, self.values.ndim))


def activation(low: float, high: float) -> Activation:
    """The parameters that represent [low, high] and 0.0; a range of nothing gets a sane scale."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    if low == high:
        return Activation(_UNUSED_SCALE, 0)
    scale = float(np.float32(max((high - low) / 255, SCALE_MIN)))
    return Activation(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))


def with_scale(scale: float, like: Activation) -> Activation:
    """The same zero point at another scale."""
    return Activation(float(np.float32(scale)), like.zero_point)


def levels_of(bits: int) -> int:
    """The largest integer of a weight of so many bits."""
    return int(2 ** (bits - 1) - 1)


def weight(values: Array, axis: int | None, smallest_scale: Array | float = 0.0,
           levels: int = WEIGHT_MAX) -> Weight:
    """Quantize a weight. smallest_scale: one value or one per channel, see `smallest_scale`.

    A channel of zeros gets the scale of the largest channel: never 0, never NaN. With fewer than
    8 bits the largest weights are cut off where that leaves less squared error.
    """
    others = None if axis is None else tuple(i for i in range(values.ndim) if i != axis)
    largest = np.atleast_1d(np.abs(values).max(axis=others, initial=0.0)).astype(np.float64)
    spare = largest.max(initial=0.0) or _UNUSED_SCALE * levels
    scale = np.where(largest > 0, largest, spare) / levels
    if levels < WEIGHT_MAX:
        scale = scale * _best_share(values.astype(np.float64), scale, axis, levels)
    scale = np.maximum(scale, np.maximum(smallest_scale, SCALE_MIN)).astype(np.float32)
    if axis is None:
        scale = scale.max(keepdims=True)
    divisor = scale if axis is None else along(scale, axis, values.ndim)
    rounded = np.rint(values.astype(np.float32) / divisor)
    return Weight(np.clip(rounded, -levels, levels).astype(np.int8), scale, axis, levels)


def _best_share(values: Array, scale: Array, axis: int | None, levels: int) -> Array:
    """The share of `scale`, of [0.3, 1] and per channel, with the least squared error."""
    rows = values.reshape(1, -1) if axis is None else \
        np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    shares = np.linspace(1.0, 0.3, _SHARES)
    errors = []
    for share in shares:
        step = (scale * share)[:, None]
        errors.append(np.square(np.clip(np.rint(rows / step), -levels, levels) * step - rows)
                      .sum(axis=1))
    return np.asarray(shares[np.argmin(errors, axis=0)])


def smallest_scale(bias: Array | None, input_scale: float, output_scale: float) -> Array | float:
    """The least weight scale per channel for which bias and multiplier stay in their types.

    The bias must fit int32 with room for the products, and input_scale * weight_scale /
    output_scale must be at least 2^-32 (here 2^-31, for rounding), or no backend can requantize.
    """
    for_multiplier = 2.0**-31 * output_scale / input_scale
    if bias is None:
        return for_multiplier
    return np.maximum(np.abs(bias.astype(np.float64)) / (input_scale * _BIAS_MAX), for_multiplier)


def bias_scale(input_scale: float, weight_scale: Array) -> Array:
    """input_scale * weight_scale, rounded to float32."""
    return np.asarray(np.float32(input_scale) * weight_scale, np.float32)


def bias(values: Array, scale: Array) -> Array:
    """int32 bias, [channels]."""
    return np.asarray(np.rint(values.astype(np.float64) / scale.astype(np.float64))
                      .astype(np.int32))


def quantize(x: Array, params: Activation) -> Array:
    """int8 of float32 `x`, as QuantizeLinear computes it."""
    q = np.rint(x.astype(np.float32) / np.float32(params.scale)) + params.zero_point
    return np.asarray(np.clip(q, -128, 127).astype(np.int8))


def along(values: Array, axis: int, rank: int) -> Array:
    """A vector shaped to broadcast along `axis` of a tensor of `rank` dimensions."""
    return values.reshape([-1 if i == axis else 1 for i in range(rank)])
