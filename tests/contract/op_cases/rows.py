"""Ops over an axis: mean, sums, softmax, layer normalization."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from edgec.lower.ops.exit import Exit
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.mean import Mean
from edgec.lower.ops.reduce_max import ReduceMax
from edgec.lower.ops.reduce_sum import ReduceSum
from edgec.lower.ops.softmax import Softmax
from tests.contract.op_cases import Case, case, constant, given, per_tensor, rng_for

AXES = (((1, 7, 7, 20), (1, 2), True), ((2, 3, 4, 33), (1, 2), False), ((5, 17), (1,), True),
        ((5, 17), (0,), False), ((3, 4, 5), (0, 1, 2), False), ((3, 4, 5), (1,), True),
        ((1, 1, 6, 1, 9), (0, 2, 3), True), ((64,), (0,), True), ((4, 1), (1,), True),
        ((3, 4, 5), (-1,), False))
ROWS = ((1, 1), (1, 2), (3, 16), (7, 17), (2, 3, 100), (1, 384), (2, 1000))


def _float_reduction(attributes: type) -> Iterator[Case]:
    for shape, axes, keepdims in AXES:
        name = f"{shape}_over_{axes}_f32"
        x = rng_for(name).normal(size=shape).astype(np.float32)
        yield case(name, attributes(axes, keepdims), [given("x", x)], tolerance=2e-5)


def mean() -> Iterator[Case]:
    """int8 with zero points at both ends, and float32."""
    for shape, axes, keepdims in AXES:
        for zero_in, zero_out in ((4, -9), (-128, 127), (127, -128)):
            name = f"{shape}_over_{axes}_zero_{zero_in}"
            x = rng_for(name).integers(-128, 128, shape).astype(np.int8)
            yield case(name, Mean(axes, keepdims), [given("x", x, per_tensor(0.1, zero_in))],
                       "s8", per_tensor(0.04, zero_out))
    lowest = np.full((1, 30, 30, 5), -128, np.int8)
    yield case("all_lowest", Mean((1, 2)), [given("x", lowest, per_tensor(0.1, 127))], "s8",
               per_tensor(0.1, 127))
    yield from _float_reduction(Mean)


def softmax() -> Iterator[Case]:
    """int8 over a range of input scales, rows of equal and of extreme values, float32."""
    for shape in ROWS:
        for scale in (1e-4, 0.02, 0.3, 20.0):
            name = f"{shape}_scale_{scale}"
            x = rng_for(name).integers(-128, 128, shape).astype(np.int8)
            yield case(name, Softmax(), [given("x", x, per_tensor(scale, 8))], "s8",
                       per_tensor(1 / 256, -128))
        x = rng_for(str(shape)).normal(size=shape).astype(np.float32) * np.float32(4)
        yield case(f"{shape}_f32", Softmax(), [given("x", x)], tolerance=1e-5)
    for value in (-128, 127):
        yield case(f"all_{value}", Softmax(),
                   [given("x", np.full((2, 9), value, np.int8), per_tensor(0.1, 0))], "s8",
                   per_tensor(0.002, 3))
    yield case("large_f32", Softmax(), [given("x", np.asarray([[1e4, -1e4, 1e4]], np.float32))],
               tolerance=1e-5)


def layer_norm() -> Iterator[Case]:
    """int8 with random, equal and extreme rows, epsilon from 0 up, float32."""
    for shape in ROWS:
        n = shape[-1]
        rng = rng_for(f"ln{shape}")
        gamma = constant("gamma", rng.uniform(-2, 2, n).astype(np.float32))
        beta = constant("beta", rng.normal(size=n).astype(np.float32))
        for fill in ("random", "equal", "extremes", "lowest"):
            for epsilon in (0.0, 1e-12, 1e-5, 10.0):
                x = {"random": rng.integers(-128, 128, shape), "equal": np.full(shape, 5),
                     "extremes": rng.choice([-128, 127], shape), "lowest": np.full(shape, -128)}
                yield case(f"{shape}_{fill}_epsilon_{epsilon}", LayerNorm(epsilon),
                           [given("x", x[fill].astype(np.int8), per_tensor(0.07, -20)), gamma,
                            beta], "s8", per_tensor(0.04, 6))
        x_f32 = rng.normal(size=shape).astype(np.float32) * np.float32(3) + np.float32(2)
        yield case(f"{shape}_f32", LayerNorm(1e-5), [given("x", x_f32), gamma, beta],
                   tolerance=1e-4)


def exits() -> Iterator[Case]:
    """Rows that stay below their limit; last, as later cases of a file do not run, one that
    ends the run."""
    for n in (1, 2, 12, 1000, 4095):
        x = rng_for(str(n)).normal(size=(1, n)).astype(np.float32) * np.float32(4)
        yield case(f"{n}_never", Exit(0), [given("x", x)])
    odd = np.asarray([[np.nan, np.inf, -np.inf, -0.0]], np.float32)
    yield case("not_numbers_never", Exit(0), [given("x", odd)])
    yield case("always", Exit(2**32 - 1), [given("x", np.ones((1, 3), np.float32))])


PLUGIN = MappingProxyType({
    "exit": exits,
    "mean": mean, "softmax": softmax, "layer_norm": layer_norm,
    "reduce_sum": lambda: _float_reduction(ReduceSum),
    "reduce_max": lambda: _float_reduction(ReduceMax)})
