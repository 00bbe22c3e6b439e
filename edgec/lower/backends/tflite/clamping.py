"""Clamps of results: fused where LiteRT has the activation, else MAXIMUM and MINIMUM behind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.records import Activation
from edgec.lower.numerics import QMAX, QMIN
from edgec.lower.ops._rules import bounds_of

_LIMITS: Mapping[Activation, tuple[float, float]] = MappingProxyType({
    Activation.NONE: (-math.inf, math.inf), Activation.RELU: (0.0, math.inf),
    Activation.RELU6: (0.0, 6.0), Activation.RELU_N1_TO_1: (-1.0, 1.0)})


def fused(site: Site) -> Activation | None:
    """The activation that clamps as the node does; None when there is none.

    In int8 it is the integers that count: relu at zero point -128 clamps nothing.
    """
    wanted = _bounds(site, site.attributes.clamp)
    return next((a for a, limits in _LIMITS.items() if _bounds(site, limits) == wanted), None)


@contextmanager
def result(site: Site, builder: Builder, fuses: bool = True) -> Iterator[tuple[int, Activation]]:
    """Where the node's operator must write, and the activation it must have.

    Adds the clamp behind it if there is no such activation, or the operator fuses none.
    """
    activation = fused(site)
    y = builder.tensor(site.y.name)
    if activation is Activation.NONE or (fuses and activation is not None):
        yield y, activation
        return
    raw = builder.between(f"{site.node.name}:unclamped", site.y)
    yield raw, Activation.NONE
    limit(site, builder, raw, _bounds(site, site.attributes.clamp))


def limit(site: Site, builder: Builder, x: int, bounds: tuple[float, float]) -> None:
    """MAXIMUM and MINIMUM of tensor `x` into the node's output; at least one bound is finite."""
    low, high = bounds
    steps = [("MAXIMUM", low)] if _clamps(site, low) else []
    steps += [("MINIMUM", high)] if _clamps(site, high) else []
    for number, (code, bound) in enumerate(steps):
        last = number == len(steps) - 1
        y = builder.tensor(site.y.name) if last else builder.between(
            f"{site.node.name}:{code.lower()}", site.y)
        constant = builder.constant(f"{site.node.name}:bound", _number(site, bound),
                                    site.y.quantization)
        x = builder.operator(code, [x, constant], y, "MaximumMinimumOptions")


def _clamps(site: Site, bound: float) -> bool:
    return bound not in ((QMIN, QMAX) if site.y.dtype == "s8" else (-math.inf, math.inf))


def _bounds(site: Site, limits: tuple[float, float]) -> tuple[float, float]:
    return bounds_of(limits, site.y) if site.y.dtype == "s8" else limits


def _number(site: Site, bound: float) -> Any:
    return np.asarray(bound, np.int8 if site.y.dtype == "s8" else np.float32)
