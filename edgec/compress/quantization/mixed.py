"""Mixed precision: which layers' weights get few bits and which keep 8, under a budget.

The loss of a layer is measured: the Kullback-Leibler divergence of the model's first output, from
the float model's, when that layer alone has few bits. Losses are taken to add up, and the choice
with the least sum within the budget is found exactly: a knapsack. (HAWQ-V3, Yao et al. 2020, arXiv
2011.10680, section 3.3, solves the same problem with losses from the Hessian; measuring instead
costs one pass over some samples for each layer.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from glob import escape

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array, Data
from edgec.compress.quantization import scheme
from edgec.compress.quantization.build_plan import Recipe, Statistics, build_plan
from edgec.compress.quantization.insert_qdq import insert_qdq
from edgec.compress.quantization.plan import Plan
from edgec.compress.quantization.units import find_units
from edgec.model.inspect import node_macs
from edgec.model.onnxruntime import Runner

COSTS = ("bytes", "bitops")
_LARGEST_FRONT = 20_000  # choices kept at once; beyond it they are thinned out


@dataclass(frozen=True)
class Budget:
    """share: of what 8 bits everywhere cost. cost: bytes of weights, or bitops."""

    share: float
    cost: str


@dataclass(frozen=True)
class Choice:
    """A layer's cost and loss with few bits and with 8, in any unit."""

    low_cost: float
    high_cost: float
    low_loss: float
    high_loss: float = 0.0


def mix(model: ir.Model, recipe: Recipe, statistics: Statistics, data: Data,
        budget: Budget) -> Recipe:
    """The recipe in which those layers keep 8 bits that the budget allows and that need it most."""
    quick = replace(recipe, rounding="feedback") if recipe.rounding == "adaround" else recipe
    low = build_plan(model, quick, statistics, {})
    high = build_plan(model, replace(quick, weight_bits=8), statistics, {})
    sizes = _sizes(model, high, budget.cost)
    found = measured(model, low, high, sizes, data)
    spent = sum(8.0 * size for name, size in sizes.items() if name not in found)
    picked = choose(tuple(found.values()), budget.share * 8 * sum(sizes.values()) - spent)
    wide = [escape(name) for name, keeps in zip(found, picked, strict=True) if keeps]
    return replace(recipe, eight_bits=(*recipe.eight_bits, *wide))


def _sizes(model: ir.Model, plan: Plan, cost: str) -> dict[str, int]:
    """Weights, or multiplications, of each layer of the plan."""
    units = [u for u in find_units(model.graph) if u.name in plan.weights]
    if cost == "bitops":
        return {u.name: node_macs(u.nodes[0]) for u in units}
    return {u.name: plan.weights[u.name].values.size for u in units}


def choose(choices: Sequence[Choice], budget: float) -> tuple[bool, ...]:
    """For each layer whether it keeps 8 bits: the least loss in all that costs at most `budget`.

    All few bits where even that costs more. Exact up to some dozen layers of different sizes.
    """
    front: list[tuple[float, float, tuple[bool, ...]]] = [(0.0, 0.0, ())]  # by growing cost
    rest = [0.0]
    for choice in reversed(choices):
        rest.append(rest[-1] + min(choice.low_cost, choice.high_cost))
    for choice, least_after in zip(choices, rest[-2::-1], strict=True):
        grown = [(cost + c, loss + d, (*picked, high)) for cost, loss, picked in front
                 for high, c, d in ((False, choice.low_cost, choice.low_loss),
                                    (True, choice.high_cost, choice.high_loss))]
        front = _undominated([f for f in grown if f[0] + least_after <= budget * (1 + 1e-9)])
        if not front:
            return (False,) * len(choices)
    return min(front, key=lambda f: f[1])[2]


def _undominated(points: list[tuple[float, float, tuple[bool, ...]]]
                 ) -> list[tuple[float, float, tuple[bool, ...]]]:
    """Those than which no other is both cheaper and better."""
    kept: list[tuple[float, float, tuple[bool, ...]]] = []
    for point in sorted(points, key=lambda p: (p[0], p[1])):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    step = -(-len(kept) // _LARGEST_FRONT)
    return kept if step <= 1 else [*kept[::step], kept[-1]]


def measured(model: ir.Model, low: Plan, high: Plan, sizes: Mapping[str, int],
             data: Data) -> dict[str, Choice]:
    """What each layer with fewer than 8 bits in `low` costs and loses, by unit name.

    sizes: what the bits of each layer are multiplied with.
    """
    layers = [name for name, weight in low.weights.items()
              if weight.levels < scheme.WEIGHT_MAX and name in high.weights]
    exact = [rows(output) for output in _outputs(model, data)]
    least = _divergence(exact, _outputs(insert_qdq(model, high), data))
    found = {}
    for name in layers:
        alone = replace(high, weights={**high.weights, name: low.weights[name]},
                        biases={**high.biases, **{n: b for n, b in low.biases.items()
                                                  if n == name}})
        loss = _divergence(exact, _outputs(insert_qdq(model, alone), data)) - least
        size = sizes[name]
        found[name] = Choice(size * low.weights[name].bits, size * high.weights[name].bits,
                             max(loss, 0.0))
    return found


def rows(output: Array) -> Array:
    """An output as logarithms of probabilities, float64 [rows, classes].

    What holds no probabilities is taken as logits.
    """
    wide = output.astype(np.float64).reshape(-1, output.shape[-1] if output.ndim else 1)
    if (wide >= 0).all() and np.allclose(wide.sum(axis=1), 1, atol=0.05):
        return np.asarray(np.log(np.maximum(wide, 1e-12)))
    shifted = wide - wide.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _outputs(model: ir.Model, data: Data) -> list[Array]:
    runner = Runner(model, (), threads=1)
    return [np.asarray(runner.run(batch)[runner.outputs[0]]) for batch in data]


def _divergence(exact: Sequence[Array], outputs: Sequence[Array]) -> float:
    """Mean of KL(exact || output) over rows."""
    pairs = zip(exact, map(rows, outputs), strict=True)
    found = np.concatenate([(np.exp(p) * (p - q)).sum(axis=1) for p, q in pairs])
    return float(found.mean())
