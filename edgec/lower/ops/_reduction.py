"""Reductions over axes, seen as [outer, reduce, inner]."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


def axes_of(axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Axes counted from 0, sorted; LoweringError outside [-rank, rank)."""
    _rules.check_shapes(all(-rank <= a < rank for a in axes) and len(axes) > 0,
                        f"the axes {tuple(axes)} must be in [-{rank}, {rank}) and not empty.")
    return tuple(sorted({a % rank for a in axes}))


def split(shape: tuple[int, ...], axes: Sequence[int]) -> tuple[int, int, int] | None:
    """(outer, reduce, inner), or None when the axes are not neighbours. Axes of size 1 are free."""
    reduced = [i for i in axes_of(axes, len(shape)) if shape[i] > 1]
    if not reduced:
        return math.prod(shape), 1, 1
    first, last = reduced[0], reduced[-1] + 1
    if any(shape[i] > 1 and i not in reduced for i in range(first, last)):
        return None
    return math.prod(shape[:first]), math.prod(shape[first:last]), math.prod(shape[last:])


class Reduction(Op):
    """y = f(x over axes)."""

    @staticmethod
    @abstractmethod
    def function(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
        """The float form on float64 x."""

    def shapes(self, attributes: Any, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's shape with the axes 1, or gone when not keepdims."""
        shape = _rules.need(inputs[0]).shape
        axes = axes_of(attributes.axes, len(shape))
        if attributes.keepdims:
            return [tuple(1 if i in axes else d for i, d in enumerate(shape))]
        return [tuple(d for i, d in enumerate(shape) if i not in axes)]

    def broken_rules(self, attributes: Any, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """No int8 form, unless the op has one."""
        return _rules.no_int8_form(type(attributes).__name__, inputs, outputs)

    def reference(self, attributes: Any, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """The function in float64, rounded once."""
        x = np.asarray(values[0])
        axes = axes_of(attributes.axes, x.ndim)
        y = self.function(x.astype(np.float64), axes, attributes.keepdims)
        return [np.asarray(y, np.float32)]
