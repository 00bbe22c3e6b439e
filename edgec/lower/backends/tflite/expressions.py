"""Formulas of float32 operators: a function that LiteRT has no operator for, spelled out.

An expression is the name of a leaf, a number, or (operator, operands...).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder

Expression = str | float | tuple[Any, ...]
_OPTIONS: Mapping[str, str] = MappingProxyType({
    "ABS": "AbsOptions", "ADD": "AddOptions", "DIV": "DivOptions", "EXP": "ExpOptions",
    "MAXIMUM": "MaximumMinimumOptions", "MINIMUM": "MaximumMinimumOptions", "MUL": "MulOptions",
    "NEG": "NegOptions", "SQUARED_DIFFERENCE": "SquaredDifferenceOptions", "SUB": "SubOptions"})


def write(site: Site, builder: Builder, expression: Expression, leaves: Mapping[str, int]) -> None:
    """Operators that write the expression into the node's output. leaves: tensors by name."""
    assert isinstance(expression, tuple)
    code, operands = expression[0], expression[1:]
    _operator(builder, code, [_operand(site, builder, e, leaves) for e in operands],
              builder.tensor(site.y.name))


def value(site: Site, builder: Builder, expression: Expression, leaves: Mapping[str, int]) -> int:
    """The same into a new tensor; gives its index."""
    return _operand(site, builder, expression, leaves)


def _operand(site: Site, builder: Builder, expression: Expression, leaves: Mapping[str, int]
             ) -> int:
    name = site.node.name
    if isinstance(expression, str):
        return leaves[expression]
    if isinstance(expression, tuple):
        operands = [_operand(site, builder, e, leaves) for e in expression[1:]]
        shape = np.broadcast_shapes(*(builder.shape(i) for i in operands))
        step = builder.between(f"{name}:{expression[0].lower()}", site.y, shape=shape)
        return _operator(builder, expression[0], operands, step)
    return builder.constant(f"{name}:{expression:g}", np.asarray(expression, np.float32))


def _operator(builder: Builder, code: str, operands: list[int], output: int) -> int:
    return builder.operator(code, operands, output, _OPTIONS.get(code, ""))
