"""Ops that move elements, of every type."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.graph import DTYPES, Quantization
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.transpose import Transpose
from tests.contract.op_cases import Case, Operand, case, constant, given, per_tensor, rng_for

Q = per_tensor(0.1, -5)
TYPES = ("s8", "f32", "s64", "u8")


def _x(name: str, shape: tuple[int, ...], dtype: str) -> Operand:
    values = rng_for(f"{name}{shape}{dtype}").integers(0, 100, shape)
    return given(name, values.astype(DTYPES[dtype]), _q(dtype))


def _q(dtype: str) -> Quantization | None:
    return Q if dtype == "s8" else None


def _moved(name: str, attributes: Any, operands: list[Operand | None], dtype: str) -> Case:
    return case(f"{name}_{dtype}", attributes, operands, dtype, _q(dtype))


def reshape() -> Iterator[Case]:
    """To more and fewer axes, and to none."""
    for dtype in TYPES:
        for shape, to in (((2, 3, 4), (4, 6)), ((12,), (1, 3, 2, 2)), ((1, 1), ()), ((5,), (5,))):
            yield _moved(f"{shape}_to_{to}", Reshape(to), [_x("x", shape, dtype)], dtype)


def transpose() -> Iterator[Case]:
    """All orders of up to four axes, and one of six."""
    for perm in permutations(range(4)):
        yield _moved(f"{perm}", Transpose(perm), [_x("x", (2, 3, 17, 5), "s8")], "s8")
    for dtype in TYPES:
        for shape, perm in (((7,), (0,)), ((33, 18), (1, 0)), ((2, 20, 40), (0, 2, 1)),
                            ((1, 2, 3, 4, 5, 2), (5, 3, 1, 0, 2, 4)), ((1, 9, 4, 8), (0, 2, 1, 3)),
                            ((), ())):
            yield _moved(f"{shape}_{perm}", Transpose(perm), [_x("x", shape, dtype)], dtype)


def concat() -> Iterator[Case]:
    """Two to five inputs along each axis."""
    for dtype in TYPES:
        for axis in (0, 1, 2, -1):
            shapes = [[2, 3, 4] for _ in range(2 + axis % 3)]
            for i, shape in enumerate(shapes):
                shape[axis] = 1 + 3 * i
            operands: list[Operand | None] = [_x(f"x{i}", (s[0], s[1], s[2]), dtype)
                                              for i, s in enumerate(shapes)]
            yield _moved(f"axis_{axis}", Concat(axis), operands, dtype)
    q = _q("s8")
    part = constant("c", np.arange(6, dtype=np.int8).reshape(2, 3), q)
    yield _moved("with_constant", Concat(1), [_x("x", (2, 4), "s8"), part], "s8")


def slice_() -> Iterator[Case]:
    """Boxes with and without steps."""
    boxes = (((0,), (1,), (1,)), ((2,), (3,), (4,)), ((0, 1), (1, 2), (3, 4)),
             ((1, 0, 2), (1, 1, 1), (1, 5, 3)), ((0, 1, 0, 3), (1, 1, 2, 1), (2, 2, 3, 16)))
    shapes = ((5,), (12,), (3, 9), (2, 5, 7), (2, 4, 5, 20))
    for dtype in TYPES:
        for shape, (start, step, length) in zip(shapes, boxes, strict=True):
            yield _moved(f"{shape}", Slice(start, step, length), [_x("x", shape, dtype)], dtype)


PADS: tuple[tuple[tuple[int, ...], ...], ...] = (  # shape, before, after
    ((4,), (1,), (2,)), ((1, 3, 3, 5), (0, 1, 2, 0), (0, 2, 1, 0)),
    ((2, 3, 4), (1, 0, 2), (0, 3, 1)), ((2, 2), (0, 0), (0, 0)), ((), (), ()))


def pad() -> Iterator[Case]:
    """With zero, with a value, with a value that saturates."""
    for dtype in TYPES:
        for value in (0.0, 3.25, 1000.0) if dtype in ("s8", "f32") else (0.0,):
            for shape, before, after in PADS:
                yield _moved(f"{shape}_{value}", Pad(before, after, value),
                             [_x("x", shape, dtype)], dtype)


def gather() -> Iterator[Case]:
    """Rows and columns, negative indices, both index types, a constant table."""
    for dtype in TYPES:
        for index_type in (np.int32, np.int64):
            for axis, indices in ((0, [3, 0, -1, 3]), (1, [[0, -6], [5, 2]]), (-1, 1)):
                yield _moved(f"axis_{axis}_{index_type.__name__}", Gather(axis),
                             [_x("x", (4, 6, 5), dtype),
                              given("i", np.asarray(indices, index_type))], dtype)
    table = constant("table", rng_for("table").normal(size=(50, 24)).astype(np.float32))
    yield case("embedding", Gather(0), [table, given("i", np.asarray([[0, 49, 7]], np.int64))])


PLUGIN = MappingProxyType({"reshape": reshape, "transpose": transpose, "concat": concat,
                           "slice": slice_, "pad": pad, "gather": gather})
