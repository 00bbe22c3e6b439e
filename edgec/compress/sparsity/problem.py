"""What a layer's new weights shall minimise: the squared error of its outputs on real inputs.

With x the inputs of the original model and x̂ those that the layer gets now, the error of new
weights V is Σ ‖W x − V x̂‖². Up to a constant that is tr((V − T) H (V − T)ᵀ) with H = Σ x̂ x̂ᵀ and
T = W (Σ x x̂ᵀ) H⁻¹, so whatever solves for one layer alone also makes up for the layers before it.
(Layer-wise objective: arXiv 2301.00774, equation 1. That the targets come from the original model
is as in Luo et al. 2017, ThiNet, arXiv 1707.06342; the form with T is a reconstruction.)

T is a regression, and with few samples for its depth it learns them by heart: each layer then makes
the next one's inputs worse. So a ridge holds it to W, as strong as serves samples that it was not
fitted to: fitted on every other run, judged on those between.
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
PULLS = (0.01, 0.1, 1.0, 10.0, 1000.0)  # towards W, as shares of that mean; the last: T is W
_ROUNDING = 1e-10  # share of the centre's diagonal: what is left of inputs that never change
_ROWS_PER_SAMPLE = 64  # twice those that rounding looks at: more is fitted to them
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
    """Sums over the inputs of one layer, in the original model and as they are now.

    Kept apart for every other run: what is fitted to one half is judged by the other.
    """

    def __init__(self, unit: Unit, depth: int) -> None:
        self._unit = unit
        self._own, self._cross = np.zeros((2, depth, depth)), np.zeros((2, depth, depth))
        self._sums, self._counts = np.zeros((2, 2, depth)), np.zeros(2, int)
        self._waiting: tuple[list[tuple[Array, Array]], ...] = ([], [])
        self._runs = 0

    def add(self, original: Array, present: Array) -> None:
        """A batch of the layer's input in both models."""
        half = self._runs % 2
        self._runs += 1
        self._waiting[half].append((rows_of(self._unit, original, _ROWS_PER_SAMPLE)[0],
                                    rows_of(self._unit, present, _ROWS_PER_SAMPLE)[0]))
        if sum(len(x) for x, _ in self._waiting[half]) >= _ROWS_AT_ONCE:
            self._flush(half)

    def _flush(self, half: int) -> None:
        if not self._waiting[half]:
            return
        x, now = (np.concatenate(rows) for rows in zip(*self._waiting[half], strict=True))
        self._waiting[half].clear()
        x, now = x.astype(np.float64), now.astype(np.float64)  # their centre is taken off later
        self._own[half] += now.T @ now
        self._cross[half] += x.T @ now
        self._sums[half] += np.stack([x.sum(0), now.sum(0)])
        self._counts[half] += len(x)

    def problem(self, layer: Layer, weight: Array) -> Problem:
        """weight: of the original model, [outputs, depth] in the engine's order."""
        for half in range(2):
            self._flush(half)
        means = self._sums.sum(0)[:, layer.order] / max(1, self._counts.sum())
        if layer.bias is None:
            means = np.zeros_like(means)  # nothing can take an error of the mean
        centres = self._counts[:, None, None] * np.outer(means[1], means[1])
        own = np.stack([layer.moments(part) for part in self._own]) - centres
        own += _ROUNDING * centres.diagonal(0, 1, 2).mean() * np.eye(own.shape[1])
        centres = self._counts[:, None, None] * np.outer(means[0], means[1])
        cross = np.stack([layer.moments(part) for part in self._cross]) - centres
        target = _fitted(weight, own.sum(0), cross.sum(0), _pull(weight, own, cross))
        return Problem(target, _damped(own.sum(0), DAMPING), *means)


def _damped(moments: Array, share: float) -> Array:
    mean = float(np.diag(moments).mean())
    return np.asarray(moments + (share * mean if mean > 0 else 1.0) * np.eye(len(moments)))


def _fitted(weight: Array, own: Array, cross: Array, pull: float) -> Array:
    """T, held to W by a ridge of this share of the mean of H's diagonal."""
    if pull == PULLS[-1]:
        return weight
    hessian = _damped(own, pull)
    return np.asarray(np.linalg.solve(hessian, (weight @ (cross + hessian - own)).T).T)


def _pull(weight: Array, own: Array, cross: Array) -> float:
    """The pull whose T, fitted on either half, serves the other one best.

    own, cross: [2, depth, depth].
    """
    if np.array_equal(own, cross):
        return PULLS[-1]  # nothing before this layer has changed
    if not own.any((1, 2)).all():
        return PULLS[0]  # one run: no other can judge

    def error(pull: float) -> float:
        total = 0.0
        for half in range(2):
            found = _fitted(weight, own[half], cross[half], pull)
            other = 1 - half
            total += float(((found @ own[other] - 2 * weight @ cross[other]) * found).sum())
        return total

    return min(reversed(PULLS), key=error)


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
