"""The contract of a pruning criterion: how much a model needs its weights, or groups of them.

A criterion is a frozen dataclass in `edgec/compress/importance/<name>.py`, exported as `PLUGIN`.
`tests/contract/test_criteria.py` runs over every criterion that is found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import onnx_ir as ir

from edgec import registry
from edgec.compress.method import Array, Given, Needs

PACKAGE = "edgec.compress.importance"


@dataclass(frozen=True)
class Slice:
    """Part of an initializer: the entries at `indices` along `axis`."""

    name: str
    axis: int
    indices: tuple[int, ...]

    def of(self, array: Array) -> Array:
        """These entries of the initializer's array, or of scores of its shape."""
        return np.take(array, self.indices, self.axis)


@dataclass(frozen=True)
class Unit:
    """What is removed together, for example one channel with all that depends on it.

    layer: the name of the node that makes it. values: (tensor, axis, indices) of the activations
    that vanish with it, so that it can be masked without being removed.
    """

    layer: str
    slices: tuple[Slice, ...]
    values: tuple[Slice, ...] = ()


@dataclass(frozen=True)
class Criterion(ABC):
    """Scores are float64, 0 or larger, comparable within one call; larger means needed more."""

    needs: ClassVar[Needs] = Needs()
    of_elements: ClassVar[bool] = True

    @abstractmethod
    def elements(self, model: ir.Model, names: Sequence[str], given: Given) -> Mapping[str, Array]:
        """A score for every element of these initializers, each of its initializer's shape.

        A criterion with `of_elements` False scores units only, and this raises MethodError.
        """

    def units(self, model: ir.Model, units: Sequence[Unit], given: Given) -> Array:
        """A score for each unit, float64 [units]: here the sum over its elements."""
        names = tuple(dict.fromkeys(s.name for unit in units for s in unit.slices))
        scores = self.elements(model, names, given)
        return np.array([sum(float(s.of(scores[s.name]).sum()) for s in unit.slices)
                         for unit in units])


def names() -> tuple[str, ...]:
    """The criteria that are there."""
    return registry.names(PACKAGE)


def load(name: str) -> Criterion:
    """The criterion called `name`, with its defaults; UnknownName lists the known ones."""
    plugin: type[Criterion] = registry.load(PACKAGE, name, "criterion")
    return plugin()
