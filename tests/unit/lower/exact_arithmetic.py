"""float32 rounding and requantization in exact rational arithmetic, for tests to compare with."""

from __future__ import annotations

import math
from fractions import Fraction


def to_f32(value: Fraction) -> Fraction:
    """`value` rounded to float32, half to even, computed with integers only."""
    if value == 0:
        return value
    exponent = math.floor(math.log2(abs(value)))  # may be one off next to a power of two
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(value) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    return round(value / unit) * unit  # round() of a Fraction goes half to even


def exact_requantize(acc: int, mult: float, zero: int, qmin: int, qmax: int) -> int:
    """The formula of spec.md, Arithmetic."""
    scaled = to_f32(to_f32(Fraction(acc)) * Fraction(mult))
    return round(min(max(scaled, Fraction(qmin - zero)), Fraction(qmax - zero))) + zero
