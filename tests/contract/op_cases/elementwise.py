"""Sums, products, functions of one element, conversions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops.add import Add
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.div import Div
from edgec.lower.ops.lut import REQUANTIZE, Lut, other_sign, table
from edgec.lower.ops.maximum import Maximum
from edgec.lower.ops.minimum import Minimum
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.pow import Pow
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.sub import Sub
from edgec.lower.ops.unary import KINDS, Unary
from tests.contract.op_cases import Case, case, constant, given, per_tensor, rng_for

SHAPES = (((1,), (1,)), ((2, 3, 5, 7), (2, 3, 5, 7)), ((100,), (100,)), ((1, 4, 4, 19), (19,)),
          ((19,), (1, 4, 4, 19)), ((2, 3, 4, 16), (2, 1, 1, 16)), ((4, 5), ()), ((), (4, 5)),
          ((5, 1, 3), (1, 4, 3)), ((3, 1), (1, 4)), ((), ()), ((2, 1, 2, 1, 2, 3), (3, 1, 2, 1, 3)))
# scale and zero point of a, b and the output
SCALES = (((0.1, 3), (0.2, -7), (0.25, 11)), ((0.1, -128), (0.1, 127), (0.1, 0)),
          ((0.001, 0), (0.5, 1), (0.6, 2)), ((1.0, 127), (0.9, 127), (0.01, -128)))
CLAMPS = ((-math.inf, math.inf), (0.0, math.inf), (-0.5, 1.5))


def all_pairs() -> tuple[Array, Array]:
    """Every pair of int8 values."""
    values = np.arange(-128, 128).astype(np.int8)
    return np.repeat(values, 256), np.tile(values, 256)


def _pair_cases(attributes: type, ratio: Callable[[float, float], float] | None) -> Iterator[Case]:
    """All pairs for every set of scales, then broadcasts. ratio: the output scale of a product."""
    a, b = all_pairs()
    for i, (qa, qb, qy) in enumerate(SCALES):
        y_scale = qy[0] if ratio is None else ratio(qa[0], qb[0])
        for j, clamp in enumerate(CLAMPS):
            yield case(f"pairs_{i}_clamp_{j}", attributes(clamp),
                       [given("a", a, per_tensor(*qa)), given("b", b, per_tensor(*qb))],
                       "s8", per_tensor(y_scale, qy[1]))
    for shape_a, shape_b in SHAPES:
        name = f"{shape_a}_and_{shape_b}"
        rng = rng_for(name)
        a, b = (rng.integers(-128, 128, s).astype(np.int8) for s in (shape_a, shape_b))
        yield case(name, attributes(),
                   [given("a", a, per_tensor(0.11, 9)), given("b", b, per_tensor(0.07, -100))],
                   "s8", per_tensor(0.13, 4))
    b = rng_for("constant").integers(-128, 128, (9,)).astype(np.int8)
    yield case("constant_operand", attributes(),
               [given("a", np.tile(b, (3, 1)), per_tensor(0.11, 9)),
                constant("b", b, per_tensor(0.07, -100))], "s8", per_tensor(0.13, 4))


def _float_pairs(attributes: type, positive: bool = False) -> Iterator[Case]:
    for shape_a, shape_b in SHAPES:
        name = f"{shape_a}_and_{shape_b}_f32"
        rng = rng_for(name)
        a, b = (np.asarray(rng.normal(size=s), np.float32) for s in (shape_a, shape_b))
        if positive:
            a, b = np.abs(a) + np.float32(0.5), np.abs(b) + np.float32(0.5)
        yield case(name, attributes((-0.75, 1.25) if len(shape_a) == 4 else (-math.inf, math.inf)),
                   [given("a", a), given("b", b)], tolerance=5e-6)


def add() -> Iterator[Case]:
    """int8 and float32."""
    yield from _pair_cases(Add, None)
    yield from _float_pairs(Add)


def sub() -> Iterator[Case]:
    """int8 and float32."""
    yield from _pair_cases(Sub, None)
    yield from _float_pairs(Sub)


def mul() -> Iterator[Case]:
    """int8 and float32."""
    yield from _pair_cases(Mul, lambda a, b: a * b * 70)
    yield from _float_pairs(Mul)


def quantize() -> Iterator[Case]:
    """Ties, saturation, infinities, NaN."""
    special = [0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 1e30, -1e30, math.inf, -math.inf, math.nan,
               126.5, 127.5, -128.5, 1e-40]
    for scale, zero in ((1.0, 0), (1.0, 127), (0.037, -128), (1e-6, 3), (200.0, -1)):
        x = np.concatenate([np.asarray(special), rng_for("q").normal(size=301) * scale * 60])
        yield case(f"scale_{scale}_zero_{zero}", Quantize(), [given("x", x.astype(np.float32))],
                   "s8", per_tensor(scale, zero))


def dequantize() -> Iterator[Case]:
    """Every int8 value; one product, so equal bytes."""
    for scale, zero in ((1.0, 0), (0.037, -128), (1e-6, 127)):
        yield case(f"scale_{scale}_zero_{zero}", Dequantize(),
                   [given("x", np.arange(-128, 128).astype(np.int8), per_tensor(scale, zero))])


ALPHA_BETA = {"hard_sigmoid": (1 / 6, 0.5), "clip": (-0.5, 6.0), "leaky_relu": (0.1, 0.0),
              "elu": (1.3, 0.0)}


def unary() -> Iterator[Case]:
    """Every kind over its range."""
    wide = np.linspace(-12, 12, 1003).astype(np.float32)
    positive = np.geomspace(1e-3, 1e3, 1003).astype(np.float32)
    for kind in KINDS:
        x = positive if kind in ("log", "sqrt", "rsqrt", "reciprocal") else wide
        yield case(f"unary_{kind}", Unary(kind, *ALPHA_BETA.get(kind, (0.0, 0.0))), [given("x", x)],
                   tolerance=1e-5)
        yield case(f"unary_{kind}_of_one", Unary(kind, *ALPHA_BETA.get(kind, (0.0, 0.0))),
                   [given("x", np.asarray(0.75, np.float32))], tolerance=1e-5)


def lut() -> Iterator[Case]:
    """Every kind, over every int8 value and odd sizes."""
    q_in, q_out = per_tensor(0.05, 12), per_tensor(0.03, -40)
    for kind in (*KINDS, REQUANTIZE):
        attributes = Lut(kind, *ALPHA_BETA.get(kind, (0.0, 0.0)))
        x = np.resize(np.arange(-128, 128), (3, 111)).astype(np.int8)
        yield case(f"lut_{kind}", attributes,
                   [given("x", x, q_in), constant("table", table(attributes, q_in, q_out))],
                   "s8", q_out)
    x = np.resize(np.arange(256), (3, 111)).astype(np.uint8)
    yield case("u8_to_s8", Lut(REQUANTIZE),
               [given("x", x, q_in.moved(128)), constant("table", other_sign("s8"))], "s8", q_in)
    yield case("s8_to_u8", Lut(REQUANTIZE, to="u8"),
               [given("x", x.view(np.int8), q_in), constant("table", other_sign("u8"))],
               "u8", q_in.moved(128))


def cast() -> Iterator[Case]:
    """Every pair of types that the op has, with values at the limits."""
    values: dict[str, list[Any]] = {
        "f32": [0.0, -0.9, 1.9, -1.9, 3e9, -3e9, 1e20, -1e20, math.inf, -math.inf, math.nan],
        "s8": [-128, -1, 0, 127], "u8": [0, 1, 255], "s32": [-2**31, -1, 0, 2**31 - 1],
        "s64": [-2**31, -5, 0, 2**31 - 1]}
    types = {"f32": np.float32, "s8": np.int8, "u8": np.uint8, "s32": np.int32, "s64": np.int64}
    for source, numbers in values.items():
        for to in ("f32", "s32", "s64"):
            yield case(f"{source}_to_{to}", Cast(to),
                       [given("x", np.asarray(numbers, types[source]))], to)


PLUGIN = MappingProxyType({
    "add": add, "sub": sub, "mul": mul,
    "div": lambda: _float_pairs(Div, positive=True), "minimum": lambda: _float_pairs(Minimum),
    "maximum": lambda: _float_pairs(Maximum), "pow": lambda: _float_pairs(Pow, positive=True),
    "quantize": quantize, "dequantize": dequantize, "unary": unary, "lut": lut, "cast": cast})
