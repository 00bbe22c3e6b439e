"""Integers of few bits in a file: packed one after the other, unpacked when the file is read.

spec.md, Few bits. Value i takes bits [i · b, i · b + b) of the bytes, the lowest first, in two's
complement.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BITS: Mapping[str, int] = MappingProxyType(
    {**{f"s{bits}": bits for bits in range(2, 8)}, "s16": 16, "s24": 24})
READ_AS: Mapping[str, str] = MappingProxyType(
    {name: "s8" if bits < 8 else "s32" for name, bits in BITS.items()})
_NUMPY = {"s8": np.dtype("i1"), "s32": np.dtype("<i4")}


def stored_bytes(stored: str, count: int) -> int:
    """Bytes of `count` values."""
    return -(-count * BITS[stored] // 8)


def narrowest(values: Array) -> str:
    """The stored type of fewest bits that holds all values, int8 or int32; empty when none does."""
    low, high = int(values.min()), int(values.max())
    for name, bits in BITS.items():
        limit = 1 << bits - 1
        if _NUMPY[READ_AS[name]] == values.dtype and -limit <= low and high < limit:
            return name
    return ""


def pack(values: Array, stored: str) -> bytes:
    """The bytes of values that `stored` holds; unused bits of the last byte are 0."""
    raw = np.ascontiguousarray(values, _NUMPY[READ_AS[stored]]).reshape(-1, 1).view(np.uint8)
    lowest = np.unpackbits(raw, axis=1, bitorder="little")[:, :BITS[stored]]
    return np.packbits(lowest, bitorder="little").tobytes()


def unpack(data: bytes, stored: str, count: int) -> Array:
    """`count` values, int8 or int32, of `stored_bytes` bytes."""
    bits, dtype = BITS[stored], _NUMPY[READ_AS[stored]]
    flat = np.unpackbits(np.frombuffer(data, np.uint8), count=count * bits, bitorder="little")
    rows = flat.reshape(count, bits)
    sign = np.repeat(rows[:, -1:], 8 * dtype.itemsize - bits, axis=1)
    whole = np.packbits(np.concatenate([rows, sign], axis=1), axis=1, bitorder="little")
    return whole.view(dtype).reshape(count)
