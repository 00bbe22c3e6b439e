"""One scale and zero point for every int8 tensor, such that every backend can use them.

Tensors that must agree (the two sides of a reshape, a max pool, a resize) form a class with one
scale. Softmax, Sigmoid and Tanh get the fixed scales that TFLite prescribes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from edgec.compress.quantization import scheme
from edgec.compress.quantization.units import Unit

Range = tuple[float, float]

FIXED = {"Softmax": scheme.Activation(2.0**-8, -128), "Sigmoid": scheme.Activation(2.0**-8, -128),
         "Tanh": scheme.Activation(2.0**-7, 0)}
_LARGEST_CONCAT_RATIO = 4.0  # a common scale costs the narrowest input at most two bits
_ADD_RATIO_MIN, _ADD_RATIO_MAX = 2.0**-10, 2.0**8
_MULTIPLIER_MAX = 2.0**7  # the limit is 2^8; half of it leaves room for rounding


def choose_scales(units: Sequence[Unit],
                  ranges: Mapping[str, Range]) -> dict[str, scheme.Activation]:
    """Scale and zero point by tensor name. units: those in int8; ranges: by tensor name."""
    classes = _Classes(ranges)
    for unit in units:
        if unit.kind == "share":
            for output in unit.outputs:
                classes.join(str(unit.inputs[0].name), str(output.name), keep_range=True)
    for unit in units:
        if unit.kind == "concat":
            _join_concat(classes, unit)
    found = {name: scheme.activation(*classes.range_of(name)) for name in ranges}
    fixed = {classes.find(str(u.output.name)): FIXED[u.op] for u in units
             if u.op in FIXED and classes.is_alone(str(u.output.name))}
    return {name: fixed.get(classes.find(name), params) for name, params in found.items()}


class _Classes:
    """Disjoint sets of tensor names, each with one range."""

    def __init__(self, ranges: Mapping[str, Range]) -> None:
        self._parent = {name: name for name in ranges}
        self._range = dict(ranges)
        self._sources = dict.fromkeys(ranges, 1)

    def find(self, name: str) -> str:
        while self._parent[name] != name:
            name = self._parent[name]
        return name

    def range_of(self, name: str) -> Range:
        return self._range[self.find(name)]

    def is_alone(self, name: str) -> bool:
        """Whether the class holds the values of one source only, maybe moved."""
        return self._sources[self.find(name)] == 1

    def join(self, first: str, second: str, keep_range: bool = False) -> None:
        """Make one class; its range is the first's, or covers both."""
        first, second = self.find(first), self.find(second)
        if first == second:
            return
        (low, high), (other_low, other_high) = self._range[first], self._range[second]
        self._parent[second] = first
        if not keep_range:
            self._range[first] = (min(low, other_low), max(high, other_high))
            self._sources[first] += self._sources[second]


def _join_concat(classes: _Classes, unit: Unit) -> None:
    """One class for inputs and output, unless an input is much narrower than the widest."""
    names = [str(v.name) for v in unit.inputs]
    widths = [high - low for low, high in map(classes.range_of, names)]
    output = str(unit.output.name)
    if max(widths) > _LARGEST_CONCAT_RATIO * min(widths):
        return
    for name in names:
        classes.join(output, name)


def too_narrow(units: Sequence[Unit], params: Mapping[str, scheme.Activation],
               weight_scales: Mapping[str, float]) -> dict[str, Range]:
    """Wider ranges for outputs whose multiplier would pass the backends' limit, by tensor name.

    weight_scales: the largest weight scale by unit name. Happens where an output is (almost)
    always zero, so nothing is lost. Choose the scales again afterwards.
    """
    wider: dict[str, Range] = {}
    for unit in units:
        output = str(unit.output.name)
        needed = _multiplier_numerator(unit, params, weight_scales) / _MULTIPLIER_MAX
        if params[output].scale < needed and output not in wider:
            low = params[output].low
            wider[output] = (low, low + 256 * needed)
    return wider


def _multiplier_numerator(unit: Unit, params: Mapping[str, scheme.Activation],
                          weight_scales: Mapping[str, float]) -> float:
    """What is divided by the output's scale; 0 where that is no multiplication by a constant."""
    inputs = [params[str(v.name)].scale for v in unit.inputs]
    if unit.kind == "linear":
        return inputs[0] * weight_scales[unit.name]
    if unit.op == "Mul" or unit.kind == "matmul":
        return math.prod(inputs)
    return max(inputs) if unit.kind in ("binary", "pool") else 0.0


def unusable(unit: Unit, params: Mapping[str, scheme.Activation]) -> str:
    """Why no backend can run an int8 addition with these scales; empty when all can."""
    if unit.op not in ("Add", "Sub"):
        return ""
    output = params[str(unit.output.name)].scale
    ratios = [params[str(v.name)].scale / output for v in unit.inputs if str(v.name) in params]
    if all(_ADD_RATIO_MIN <= ratio < _ADD_RATIO_MAX for ratio in ratios):
        return ""
    worst = max(ratios) if max(ratios) >= _ADD_RATIO_MAX else min(ratios)
    return (f"one input's scale is {worst:.3g} times its output's; "
            "an int8 addition allows 2^-10 to 2^8")
