"""Pools and resizing."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.max_pool2d import MaxPool2d
from edgec.lower.ops.resize import COORDINATES, ROUNDINGS, Resize
from tests.contract.op_cases import Case, case, given, per_tensor, rng_for

# image, kernel, stride, pad
POOLS: tuple[tuple[tuple[int, ...], tuple[int, int], tuple[int, int], tuple[int, ...]], ...] = (
    ((1, 1, 1, 1), (1, 1), (1, 1), (0, 0, 0, 0)), ((1, 6, 6, 16), (2, 2), (2, 2), (0, 0, 0, 0)),
    ((2, 7, 9, 19), (3, 3), (2, 2), (1, 1, 1, 1)), ((1, 5, 6, 33), (3, 2), (1, 2), (2, 0, 1, 1)),
    ((1, 7, 7, 40), (7, 7), (1, 1), (0, 0, 0, 0)), ((1, 8, 3, 5), (4, 3), (3, 1), (3, 2, 3, 2)),
    ((1, 25, 5, 64), (25, 5), (25, 5), (0, 0, 0, 0)))


def max_pool2d() -> Iterator[Case]:
    """int8, all at the lowest value, float32 below zero."""
    for i, (image, kernel, stride, pad) in enumerate(POOLS):
        attributes, rng = MaxPool2d(kernel, stride, pad), rng_for(f"max{i}")
        q = per_tensor(0.1, 7)
        x = rng.integers(-128, 128, image).astype(np.int8)
        yield case(f"max_{i}", attributes, [given("x", x, q)], "s8", q)
        yield case(f"max_{i}_lowest", attributes,
                   [given("x", np.full(image, -128, np.int8), q)], "s8", q)
        yield case(f"max_{i}_f32", attributes,
                   [given("x", -np.abs(rng.normal(size=image)).astype(np.float32))])


def average_pool2d() -> Iterator[Case]:
    """Both ways of counting, zero points at both ends, float32."""
    for i, (image, kernel, stride, pad) in enumerate(POOLS):
        for include in (False, True):
            attributes = AveragePool2d(kernel, stride, pad, include)
            rng = rng_for(f"average{i}{include}")
            for zero in (7, -128, 127):
                x = rng.integers(-128, 128, image).astype(np.int8)
                yield case(f"average_{i}_{include}_{zero}", attributes,
                           [given("x", x, per_tensor(0.1, zero))], "s8",
                           per_tensor(0.07, -zero // 2))
            yield case(f"average_{i}_{include}_f32", attributes,
                       [given("x", rng.normal(size=image).astype(np.float32))], tolerance=1e-5)


def resize() -> Iterator[Case]:
    """Up and down, every way to place and round."""
    sizes = (((1, 4, 5, 3), (8, 10)), ((2, 7, 6, 18), (3, 4)), ((1, 1, 1, 4), (3, 2)),
             ((1, 5, 5, 16), (5, 5)), ((1, 3, 4, 2), (1, 1)))
    for image, size in sizes:
        for coordinates in COORDINATES:
            rng, q = rng_for(f"{image}{coordinates}"), per_tensor(0.1, 3)
            x8 = rng.integers(-128, 128, image).astype(np.int8)
            x32 = rng.normal(size=image).astype(np.float32)
            name = f"{image}_to_{size}_{coordinates}"
            for rounding in ROUNDINGS:
                nearest: Any = Resize(size, "nearest", coordinates, rounding)
                yield case(f"{name}_{rounding}", nearest, [given("x", x8, q)], "s8", q)
            linear = Resize(size, "linear", coordinates)
            yield case(f"{name}_nearest_f32", Resize(size, "nearest", coordinates),
                       [given("x", x32)])
            yield case(f"{name}_linear", linear, [given("x", x8, q)], "s8", q)
            yield case(f"{name}_linear_f32", linear, [given("x", x32)], tolerance=1e-5)


PLUGIN = MappingProxyType({"max_pool2d": max_pool2d, "average_pool2d": average_pool2d,
                           "resize": resize})
