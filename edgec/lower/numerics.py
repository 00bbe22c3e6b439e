"""The one definition of the integer arithmetic. All backends must agree with it bit for bit.

Everything here is made of IEEE-754 single precision operations that every CPU rounds the same way
(multiply, add, divide, round half to even), never fused, never a library function.

Requantization follows XNNPACK's fp32 variant: an int32 accumulator is converted to float32
(round half to even), multiplied by one float32 per channel, rounded half to even, offset by the
zero point and clamped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array

QMIN, QMAX = -128, 127
MULTIPLIER_MIN, MULTIPLIER_MAX = 2.0**-32, 256.0  # open at the top; XNNPACK's limits


def multiplier(input_scale: Array, weight_scale: Array, output_scale: Array) -> Array:
    """(input_scale * weight_scale) / output_scale, each step rounded to float32."""
    product = np.asarray(input_scale, np.float32) * np.asarray(weight_scale, np.float32)
    return np.asarray(product / np.asarray(output_scale, np.float32), np.float32)


def multiplier_in_range(values: Array) -> bool:
    """Whether every multiplier can be used by every backend."""
    return bool(np.all((values >= MULTIPLIER_MIN) & (values < MULTIPLIER_MAX)))


def requantize(acc: Array, mult: Array, zero_point: int, qmin: int = QMIN,
               qmax: int = QMAX) -> Array:
    """int32 accumulators to int8: clamp(round_half_even(float32(acc) * mult) + zero_point).

    The clamp happens in float before the conversion, so no value overflows int32.
    """
    scaled = acc.astype(np.float32) * np.asarray(mult, np.float32)
    return round_and_clamp(scaled, zero_point, qmin, qmax)


def round_and_clamp(scaled: Array, zero_point: int, qmin: int = QMIN, qmax: int = QMAX) -> Array:
    """float32 in units of the output's scale to int8; NaN becomes the zero point."""
    low, high = np.float32(qmin - zero_point), np.float32(qmax - zero_point)
    clamped = np.minimum(np.maximum(np.nan_to_num(scaled, nan=0.0), low), high)
    return np.asarray(np.rint(clamped).astype(np.int32) + zero_point, np.int32).astype(np.int8)


def quantize(x: Array, scale: float, zero_point: int) -> Array:
    """float32 to int8: clamp(round_half_even(x / scale) + zero_point); NaN becomes zero_point."""
    with np.errstate(over="ignore", invalid="ignore"):
        return round_and_clamp(np.asarray(x, np.float32) / np.float32(scale), zero_point)


def dequantize(q: Array, scale: Array, zero_point: Array) -> Array:
    """int8 to float32: float32(q - zero_point) * scale."""
    return np.asarray((q.astype(np.int32) - zero_point).astype(np.float32)
                      * np.asarray(scale, np.float32), np.float32)


def clamp_bounds(low: float, high: float, scale: float, zero_point: int) -> tuple[int, int]:
    """The int8 bounds of a real-valued clamp [low, high]; infinities mean no clamp.

    Clamping before quantizing equals clamping the quantized value at the quantized bounds,
    because quantize is monotone.
    """
    qlow = QMIN if np.isneginf(low) else int(quantize(np.asarray(low), scale, zero_point))
    qhigh = QMAX if np.isposinf(high) else int(quantize(np.asarray(high), scale, zero_point))
    return qlow, qhigh


@dataclass(frozen=True)
class AddConstants:
    """The integers of a quantized addition, as XNNPACK's qs8-vadd has them.

    out = clamp(((bias + qa * mult_a + qb * mult_b) >> shift) + zero_point), arithmetic shift.
    |mult| <= 2^21, so that the sum stays inside int32.
    """

    bias: int
    mult_a: int
    mult_b: int
    shift: int


def add_constants(scale_a: float, zero_a: int, scale_b: float, zero_b: int,
                  scale_out: float, sign_b: int = 1) -> AddConstants:
    """Constants for out = a + sign_b * b. The larger ratio scale/scale_out gets 20 to 21 bits.

    Rule for callers: both ratios in [2^-10, 2^8), as XNNPACK demands.
    """
    ratio_a = np.float32(scale_a) / np.float32(scale_out)
    ratio_b = np.float32(scale_b) / np.float32(scale_out)
    exponent = int(np.frexp(np.maximum(ratio_a, ratio_b))[1]) - 1
    shift = 20 - exponent
    mult_a = int(np.rint(np.ldexp(float(ratio_a), shift)))
    mult_b = sign_b * int(np.rint(np.ldexp(float(ratio_b), shift)))
    bias = (1 << (shift - 1)) - mult_a * zero_a - mult_b * zero_b
    return AddConstants(bias, mult_a, mult_b, shift)


def add(qa: Array, qb: Array, constants: AddConstants, zero_point: int, qmin: int = QMIN,
        qmax: int = QMAX) -> Array:
    """Quantized addition with `add_constants`."""
    acc = (constants.bias + qa.astype(np.int64) * constants.mult_a
           + qb.astype(np.int64) * constants.mult_b) >> constants.shift
    return np.asarray(np.clip(acc + zero_point, qmin, qmax), np.int8)
