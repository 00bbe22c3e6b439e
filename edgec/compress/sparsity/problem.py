"""What a layer's new weights shall minimise: the squared error of its outputs on real inputs.

With x the inputs of the original model and x̂ those that the layer gets now, the error of new
weights V is Σ ‖W x − V x̂‖². Up to a constant that is tr((V − T) H (V − T)ᵀ) with H = Σ x̂ x̂ᵀ and
T = W (Σ x x̂ᵀ) H⁻¹, so whatever solves for one layer alone also makes up for the layers before it.
(Layer-wise objective: arXiv 2301.00774, equation 1. That the targets come from the original model
is as in Luo et al. 2017, ThiNet, arXiv 1707.06342; the form with T is a reconstruction.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from edgec.compress.calibrate import stream
from edgec.compress.method import Array, Data
from edgec.compress.quantization.moments import rows_of
from edgec.compress.quantization.units import Unit
from edgec.compress.sparsity.layers import Layer

DAMPING = 0.01  # share of the mean of H's diagonal; holds what few samples do not show
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Problem:
    """target: T [outputs, depth]; hessian: H [depth, depth], damped; both in the engine's order.

    mean, present_mean: of x and x̂ [depth], where the layer has a bias that takes the mean error.
    """

    target: Array
    hessian: Array
    mean: Array
    present_mean: Array

    def error(self, weight: Array) -> float:
        """tr((V − T) H (V − T)ᵀ)."""
        off = weight - self.target
        return float(((off @ self.hessian) * off).sum())


class Inputs:
    """Sums over the inputs of one layer, in the original model and as they are now."""

    def __init__(self, unit: Unit, depth: int) -> None:
        self._unit = unit
        self._own, self._cross = np.zeros((depth, depth)), np.zeros((depth, depth))
        self._sums, self._count = np.zeros((2, depth)), 0
        self._waiting: list[tuple[Array, Array]] = []

    def add(self, original: Array, present: Array) -> None:
        """A batch of the layer's input in both models."""
        self._waiting.append((rows_of(self._unit, original)[0], rows_of(self._unit, present)[0]))
        if sum(len(x) for x, _ in self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        x, now = (np.concatenate(rows) for rows in zip(*self._waiting, strict=True))
        self._waiting = []
        self._own += now.T @ now
        self._cross += x.T @ now
        self._sums += np.stack([x.sum(0, dtype=np.float64), now.sum(0, dtype=np.float64)])
        self._count += len(x)

    def problem(self, layer: Layer, weight: Array) -> Problem:
        """weight: of the original model, [outputs, depth] in the engine's order."""
        self._flush()
        own, cross = layer.moments(self._own), layer.moments(self._cross)
        means = self._sums[:, layer.order] / max(1, self._count)
        if layer.bias is None:
            means = np.zeros_like(means)  # nothing can take an error of the mean
        own = own - self._count * np.outer(means[1], means[1])
        cross = cross - self._count * np.outer(means[0], means[1])
        diagonal = float(np.diag(own).mean())
        damping = DAMPING * diagonal if diagonal > 0 else 1.0
        hessian = own + damping * np.eye(len(own))
        target = np.linalg.solve(hessian, (weight @ cross + damping * weight).T).T
        return Problem(target, hessian, *means)


def _until(model: ir.Model, names: Sequence[str]) -> ir.Model:
    """What of the model makes these values, and nothing behind them."""
    given = {value.name for value in model.graph.inputs}
    names = [name for name in names if name not in given]
    if not names:
        return model
    cut = model.clone()
    values = ir.convenience.create_value_mapping(cut.graph)
    cut.graph.outputs.clear()
    cut.graph.outputs.extend(values[name] for name in names)
    return RemoveUnusedNodesPass()(cut).model


def gather(layers: Sequence[Layer], original: ir.Model, present: ir.Model,
           data: Data) -> Mapping[str, Inputs]:
    """The inputs of these layers, by layer, over the data."""
    found = {layer.name: Inputs(layer.unit, len(layer.order)) for layer in layers}
    tensors = {layer.name: str(layer.unit.inputs[0].name) for layer in layers}
    names = tuple(dict.fromkeys(tensors.values()))
    now = stream(_until(present, names), data, names) if present is not original else None
    for values in stream(_until(original, names), data, names):
        others = values if now is None else next(now)
        for layer in layers:
            name = tensors[layer.name]
            found[layer.name].add(values[name], others[name])
    return found
