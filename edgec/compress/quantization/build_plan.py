"""From statistics to numbers: scales, integer weights and corrected biases of every int8 unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress import ranges
from edgec.compress.calibrate import Mean, Observer, observe
from edgec.compress.histogram import Histogram
from edgec.compress.method import Array, Data
from edgec.compress.patterns import hit
from edgec.compress.quantization import policy, rules, scheme
from edgec.compress.quantization.bias_correction import mean_error
from edgec.compress.quantization.moments import Moments, can_gather
from edgec.compress.quantization.plan import Plan
from edgec.compress.quantization.rounding import round_weight
from edgec.compress.quantization.scales import Range, choose_scales, too_narrow, unusable
from edgec.compress.quantization.units import (
    Unit,
    bias_array,
    find_units,
    output_axis,
    weight_array,
)

_WIDENINGS = 8


@dataclass(frozen=True)
class Recipe:
    """The choices that shape a plan; see `edgec.compress.methods.quantize.Quantize`."""

    calibration: str
    percentile: float
    per_channel: bool
    bias_correction: bool
    rounding: str
    rounding_steps: int
    weight_bits: int
    eight_bits: tuple[str, ...]
    ops: str
    exclude: tuple[str, ...]


@dataclass(frozen=True)
class Statistics:
    """What was seen of each float32 tensor that int8 might touch, by name; moments by unit."""

    histograms: Mapping[str, Histogram]
    means: Mapping[str, Mean]
    moments: Mapping[str, Moments]


def collect(model: ir.Model, recipe: Recipe, data: Data) -> Statistics:
    """Run the float model over the data and watch the tensors that the recipe may quantize."""
    units = find_units(model.graph)
    reasons = policy.float_reasons(units, recipe.ops, recipe.exclude, {})
    chosen = [u for u in units if u.name not in reasons]
    names = dict.fromkeys(str(v.name) for u in chosen for v in (*u.inputs, *u.outputs)
                          if rules.constant(v) is None)
    histograms = {name: Histogram() for name in names}
    linear = [u for u in chosen if u.kind == "linear"]
    means = {str(u.inputs[0].name): Mean() for u in linear if recipe.bias_correction}
    moments = {u.name: Moments(u) for u in linear
               if recipe.rounding != "nearest" and can_gather(u)}
    watching: dict[str, list[Observer]] = {name: [h] for name, h in histograms.items()}
    for name, mean in means.items():
        watching[name].append(mean)
    for unit in linear:
        if unit.name in moments:
            watching[str(unit.inputs[0].name)].append(moments[unit.name])
    observe(model, data, watching)
    return Statistics(histograms, means, moments)


def build_plan(model: ir.Model, recipe: Recipe, statistics: Statistics,
               decided: Mapping[str, str]) -> Plan:
    """The plan for `model`. decided: units that must stay float, with the reason."""
    units = find_units(model.graph)
    bounds = {name: ranges.choose(h, recipe.calibration, recipe.percentile)
              for name, h in statistics.histograms.items()}
    reasons, activations = _settle_scales(units, recipe, bounds, dict(decided))
    linear = [u for u in units if u.kind == "linear" and u.name not in reasons]
    weights = {u.name: _weight(u, recipe, activations) for u in linear}
    if recipe.rounding != "nearest":
        weights |= {u.name: _rounded(u, weights[u.name], statistics.moments[u.name].total, recipe)
                    for u in linear if u.name in statistics.moments}
    biases = {u.name: bias for u in linear if (bias := bias_array(u)) is not None}
    if recipe.bias_correction:
        for unit in (u for u in linear if u.name in biases):
            error = mean_error(model, unit, weights[unit.name].real,
                               statistics.means[str(unit.inputs[0].name)])
            biases[unit.name] = biases[unit.name] - error
    return Plan(reasons, activations, weights, biases)


def _settle_scales(units: Sequence[Unit], recipe: Recipe, bounds: Mapping[str, Range],
                   decided: dict[str, str]) -> tuple[dict[str, str], dict[str, scheme.Activation]]:
    """Scales that every backend can run, and the units that must be float for it."""
    bounds = dict(bounds)
    for unit in units:
        for value in unit.inputs if unit.kind == "binary" else ():
            if (data := rules.constant(value)) is not None:
                bounds[str(value.name)] = (float(data.min(initial=0)), float(data.max(initial=0)))
    while True:
        reasons = policy.float_reasons(units, recipe.ops, recipe.exclude, decided)
        chosen = [u for u in units if u.name not in reasons]
        activations = _scales(chosen, recipe, bounds)
        refused = {u.name: why for u in chosen if (why := unusable(u, activations))}
        if not refused:
            return reasons, activations
        decided.update(refused)


def _levels(unit: Unit, recipe: Recipe) -> int:
    wide = hit(recipe.eight_bits, (unit.name,)) is not None
    return scheme.WEIGHT_MAX if wide else scheme.levels_of(recipe.weight_bits)


def _scales(chosen: Sequence[Unit], recipe: Recipe,
            bounds: dict[str, Range]) -> dict[str, scheme.Activation]:
    used = {str(v.name) for u in chosen for v in (*u.inputs, *u.outputs)}
    bounds = {name: bound for name, bound in bounds.items() if name in used}
    weight_scales = {u.name: float(np.abs(weight_array(u)).max(initial=0)) / _levels(u, recipe)
                     for u in chosen if u.kind == "linear"}
    activations = choose_scales(chosen, bounds)
    for _ in range(_WIDENINGS):
        wider = too_narrow(chosen, activations, weight_scales)
        if not wider:
            break
        bounds.update(wider)
        activations = choose_scales(chosen, bounds)
    return activations


def _rounded(unit: Unit, weight: scheme.Weight, moments: Array, recipe: Recipe) -> scheme.Weight:
    if recipe.rounding == "feedback":
        return round_weight(unit, weight, moments)
    from edgec.compress.quantization.adaround import learn_rounding  # needs torch

    return learn_rounding(unit, weight, moments, recipe.rounding_steps)


def _weight(unit: Unit, recipe: Recipe,
            activations: Mapping[str, scheme.Activation]) -> scheme.Weight:
    smallest = scheme.smallest_scale(bias_array(unit), activations[str(unit.inputs[0].name)].scale,
                                     activations[str(unit.output.name)].scale)
    axis = output_axis(unit) if recipe.per_channel else None
    values: Array = weight_array(unit)
    return scheme.weight(values, axis, smallest, _levels(unit, recipe))
