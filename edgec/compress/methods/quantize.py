"""Post-training quantization to int8: a float ONNX graph becomes a QDQ graph, without training.

Batch normalization is folded, neighbouring layers are equalized, activation ranges are measured,
weights are rounded per channel such that their errors cancel, the mean error that is left is taken
out of the biases, and layers that 8 bits do not suit stay in float.
Papers: Jacob et al. 2017, arXiv 1712.05877 (the scheme); Nagel et al. 2019, arXiv 1906.04721
(equalization, equation 11; bias correction, equation 17); Krishnamoorthi 2018, arXiv 1806.08342
(per channel); Frantar et al. 2022, arXiv 2210.17323 (rounding); Nagel et al. 2020, arXiv 2004.10568
(rounding that is learned); Xiao et al. 2022, arXiv 2211.10438 (outliers of normalizations).
Costs: some passes over the calibration data, no training; learned rounding some seconds for each
layer, mixed precision a pass over few samples for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from glob import escape
from typing import ClassVar

import onnx_ir as ir

from edgec.compress import patterns, ranges
from edgec.compress.calibrate import ChannelMaximum, observe
from edgec.compress.method import Compressed, Data, Given, Method, Needs, Place, option
from edgec.compress.quantization import equalize as equalization
from edgec.compress.quantization import measure, mixed, policy, report, rounding, scheme
from edgec.compress.quantization.build_plan import Recipe, Statistics, build_plan, collect
from edgec.compress.quantization.insert_qdq import dequantized_name, insert_qdq
from edgec.compress.quantization.plan import Plan
from edgec.compress.quantization.policy import float_reasons
from edgec.compress.quantization.prepare import prepare
from edgec.compress.quantization.rescale_outliers import find_boundaries, rescale_outliers
from edgec.compress.quantization.scaling_groups import find_groups
from edgec.compress.quantization.sensitivity import sensitive
from edgec.compress.quantization.smooth import find_folds, smooth
from edgec.compress.quantization.units import Unit, find_units


@dataclass(frozen=True)
class Planned:
    """A quantization before it is written. exact: the prepared, equalized float model.

    own, final: SQNR in dB by unit and by tensor name; see `report.Layer`.
    """

    exact: ir.Model
    plan: Plan
    statistics: Statistics
    recipe: Recipe
    equalized: tuple[equalization.Equalized, ...]
    own: Mapping[str, float]
    final: Mapping[str, float]


@dataclass(frozen=True)
class Quantize(Method):
    """Options of post-training quantization."""

    calibration: str = option("auto", "how ranges are chosen: minmax, percentile, mse, or auto: "
                              "the one that keeps the outputs best")
    percentile: float = option(99.999, "share of values that percentile keeps, in percent")
    per_channel: bool = option(True, "one weight scale per output channel; false: one per layer")
    equalize: bool = option(True, "cross-layer equalization")
    smooth: float = option(0.5, "SmoothQuant's alpha, where outlier channels fold into a layer "
                           "normalization; 0: off; part of equalize")
    weight_bits: int = option(8, "bits of a weight, 2 to 8")
    eight_bits: tuple[str, ...] = option((), "names of layers whose weights keep 8 bits where "
                                         "weight_bits is less; * and ? allowed")
    mixed: float = option(0.0, "mixed precision: the weights may cost this share of what 8 bits "
                          "cost, and layers that need 8 bits most get them; 0: off")
    mixed_cost: str = option("bytes", "what mixed counts: bytes (of weights) or bitops")
    rounding: str = option("feedback", "of weights: nearest, feedback (errors cancel on data), or "
                           "adaround (learned)")
    rounding_steps: int = option(1000, "of adaround, for each layer")
    bias_correction: bool = option(True, "take the mean error of the weights out of the biases")
    ops: str = option("auto", "which operations: all, linear, or auto: linear ones alone in "
                      "transformers")
    exclude: tuple[str, ...] = option((), "names of nodes that stay in float; * and ? allowed")
    min_sqnr_db: float = option(8.0, "a layer that keeps less signal than this stays in float")
    max_float_fraction: float = option(0.25, "at most this share of the layers, the worst first")

    needs: ClassVar[Needs] = Needs(data=True)

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, control flow, a model that is quantized already."""
        if self.calibration not in ("auto", *ranges.RULES):
            yield (f"calibration is {self.calibration!r}; it must be one of auto, "
                   f"{', '.join(ranges.RULES)}.")
        if self.ops not in policy.OPS:
            yield f"ops is {self.ops!r}; it must be one of {', '.join(policy.OPS)}."
        if self.rounding not in rounding.RULES:
            yield f"rounding is {self.rounding!r}; it must be one of {', '.join(rounding.RULES)}."
        if not 2 <= self.weight_bits <= 8:
            yield f"weight_bits is {self.weight_bits}; it must be from 2 to 8."
        if self.mixed and not self.weight_bits / 8 <= self.mixed < 1:
            yield (f"mixed is {self.mixed} and weight_bits {self.weight_bits}; mixed must be from "
                   "weight_bits / 8 to below 1, or 0.")
        if self.mixed_cost not in mixed.COSTS:
            yield f"mixed_cost is {self.mixed_cost!r}; it must be one of {', '.join(mixed.COSTS)}."
        if not 0 <= self.smooth <= 1:
            yield f"smooth is {self.smooth}; it must be from 0 to 1."
        if self.rounding_steps < 1:
            yield f"rounding_steps is {self.rounding_steps}; it must be 1 or more."
        if not 50 < self.percentile <= 100:
            yield f"percentile is {self.percentile}; it must be above 50 and at most 100."
        if not 0 <= self.max_float_fraction <= 1:
            yield f"max_float_fraction is {self.max_float_fraction}; it must be from 0 to 1."
        yield from patterns.unknown(model, eight_bits=self.eight_bits, exclude=self.exclude)
        yield from _unsuitable(model)

    def place(self) -> Place:
        """After everything that needs float weights."""
        return Place(quantizes=True)

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The QDQ model and a `QuantizeReport`."""
        assert given.data is not None
        found = self.plan(model, given.data)
        quantized = insert_qdq(found.exact, found.plan)
        outputs = {str(v.name): found.final[str(v.name)] for v in found.exact.graph.outputs}
        return Compressed(quantized, report.QuantizeReport(
            report.layers(find_units(found.exact.graph), found.plan, found.statistics, found.own,
                          found.final), found.equalized, outputs,
            {**asdict(self), "calibration": found.recipe.calibration,
             "eight_bits": found.recipe.eight_bits}))

    def plan(self, model: ir.Model, data: Data) -> Planned:
        """What `apply` writes into the graph, and the float graph that it writes it into."""
        batches = data if iter(data) is not data else tuple(data)  # they are read several times
        exact, equalized = self._equalized(prepare(model), batches)
        few = measure.first_samples(batches)
        statistics = collect(exact, self._recipe(), batches)
        recipe = self._best_recipe(exact, statistics, few)
        if self.mixed:
            budget = mixed.Budget(self.mixed, self.mixed_cost)
            recipe = mixed.mix(exact, recipe, statistics, few, budget)
        plan = build_plan(exact, recipe, statistics, {})
        own = measure.own_sqnr(exact, plan, _in_int8(exact, plan), few)
        if weak := _too_few_bits(plan, own, self.min_sqnr_db):
            recipe = replace(recipe, eight_bits=(*recipe.eight_bits, *weak))
            plan = build_plan(exact, recipe, statistics, {})
            own = measure.own_sqnr(exact, plan, _in_int8(exact, plan), few)
        units = _in_int8(exact, plan)
        if refused := sensitive(units, own, self.min_sqnr_db, self.max_float_fraction):
            plan = build_plan(exact, recipe, statistics, refused)
        final = _final_sqnr(exact, insert_qdq(exact, plan), plan, few)
        return Planned(exact, plan, statistics, recipe, equalized, own, final)

    def _recipe(self) -> Recipe:
        return Recipe(**{field.name: getattr(self, field.name) for field in fields(Recipe)})

    def _best_recipe(self, model: ir.Model, statistics: Statistics, data: Data) -> Recipe:
        """The recipe with the rule for ranges whose worst output keeps most of its signal."""
        recipe = self._recipe()
        if self.calibration != "auto":
            return recipe
        outputs = {str(v.name): str(v.name) for v in model.graph.outputs}
        recipes = [replace(recipe, calibration=rule, rounding="nearest") for rule in ranges.RULES]

        def worst_output(candidate: Recipe) -> float:
            quantized = insert_qdq(model, build_plan(model, candidate, statistics, {}))
            return min(measure.difference(model, quantized, outputs, data).values())

        return replace(recipe, calibration=max(recipes, key=worst_output).calibration)

    def _equalized(self, model: ir.Model,
                   data: Data) -> tuple[ir.Model, tuple[equalization.Equalized, ...]]:
        """Function-preserving changes of scale, chosen by what one pass over the data shows."""
        if not self.equalize:
            return model, ()
        reasons = float_reasons(find_units(model.graph), self.ops, self.exclude, {})
        maxima = {name: ChannelMaximum(g.axis)
                  for g in find_groups(model.graph) for name in g.tensors}
        maxima |= {f.tensor: ChannelMaximum(-1) for f in find_folds(model.graph)}
        maxima |= {b.tensor: ChannelMaximum(b.axis)
                   for b in find_boundaries(model.graph, reasons)}
        observe(model, data, {name: [maximum] for name, maximum in maxima.items()})
        largest = {name: maximum.largest for name, maximum in maxima.items()}
        model, grouped = equalization.equalize(model, largest, self.per_channel)
        smoothed: tuple[equalization.Equalized, ...] = ()
        if self.smooth:
            model, largest, smoothed = smooth(model, largest, self.smooth)
        model, rescaled = rescale_outliers(model, reasons, largest)
        return model, (*grouped, *smoothed, *rescaled)


def _in_int8(model: ir.Model, plan: Plan) -> list[Unit]:
    return [u for u in find_units(model.graph) if u.name not in plan.float_reasons]


def _too_few_bits(plan: Plan, own: Mapping[str, float], least_db: float) -> list[str]:
    """The layers that need 8 bits: patterns of their names."""
    return [escape(name) for name, weight in plan.weights.items()
            if weight.levels < scheme.WEIGHT_MAX and own[name] < least_db]


def _unsuitable(model: ir.Model) -> Iterator[str]:
    """What in the model cannot be quantized."""
    nodes = list(model.graph.all_nodes())
    if any(node.op_type == "QuantizeLinear" for node in nodes):
        yield "the model is quantized already. Give the float model."
    for node in nodes:
        if any(isinstance(a.value, ir.Graph) for a in node.attributes.values()):
            yield f"node {node.name!r} ({node.op_type}) holds a graph, which cannot be quantized."
    if model.opset_imports.get("", 0) < 13:
        yield (f"the model has opset {model.opset_imports.get('')}; quantization per channel needs "
               "13. Load it with edgec.model.load.")


def _final_sqnr(exact: ir.Model, quantized: ir.Model, plan: Plan, data: Data) -> dict[str, float]:
    """SQNR in dB of every float32 tensor that a unit or the model puts out, by name."""
    units = [u for u in find_units(exact.graph) if u.output.dtype == ir.DataType.FLOAT]
    tensors = {str(u.output.name): dequantized_name(plan, u) for u in units}
    tensors |= {str(v.name): str(v.name) for v in exact.graph.outputs}
    return measure.difference(exact, quantized, tensors, data)


PLUGIN = Quantize
