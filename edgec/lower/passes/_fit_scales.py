"""Constants whose scale is too small for the integer arithmetic get the smallest one that is not.

A scale that small belongs to values that hardly matter: the weights of a channel that is all but
dead, or a constant next to a far larger sum. What the coarser scale takes away from them is, in
steps of the output, at most

    weights: 255 · depth / 2 · 2^-32, or 255 · depth / 2 · 2^-30 · |bias| / output scale
    summand: 2^-11
"""

from __future__ import annotations

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Quantization

_BIAS_LIMIT = 2.0**30  # leaves as much of int32 to the products
_RATIO_MIN = 2.0**-10  # of an addition's scales, as `numerics.add_constants` demands
_MARGIN = 1 + 1e-6  # float32 products of scales may round down


def fit_weights(data: Array, scale: Array, input_scale: float, output_scale: float,
                bias: Array) -> tuple[Array, Array]:
    """s8 weights and a scale per index of the last axis, so that multipliers and bias fit.

    data: s8[..., n]; scale: float32[n]; bias: real numbers, float64[n].
    """
    smallest = numerics.MULTIPLIER_MIN * output_scale / input_scale * _MARGIN
    wanted = np.maximum(smallest, np.abs(bias) / (_BIAS_LIMIT * input_scale))
    return _coarser(data, scale, wanted)


def fit_summand(data: Array, quantization: Quantization, output_scale: float
                ) -> tuple[Array, Quantization]:
    """A constant s8 summand with zero point 0 and a scale of at least 2^-10 of the output's."""
    wanted = np.array([_RATIO_MIN * output_scale * _MARGIN])
    if float(quantization.scale[0]) >= wanted[0]:
        return data, quantization
    centred = data.astype(np.int32) - quantization.zero_point[0]
    fitted, scale = _coarser(centred, quantization.scale, wanted)
    return fitted, Quantization(scale, np.zeros(1, np.int32))


def _coarser(data: Array, scale: Array, wanted: Array) -> tuple[Array, Array]:
    """Where `wanted` is larger than `scale`, integers for that scale; elsewhere unchanged."""
    coarse = np.maximum(scale.astype(np.float64), wanted).astype(np.float32)
    if np.array_equal(coarse, scale):
        return data, scale
    steps = np.rint(data * (scale.astype(np.float64) / coarse))
    return np.clip(steps, -127, 127).astype(np.int8), coarse
