"""SmoothQuant: outlier channels of a layer normalization move into the layers that read it.

Xiao et al. 2022, arXiv 2211.10438, equation 4: s = max|X|^alpha / max|W|^(1 - alpha) per channel.
The normalization's scale and bias are divided by s and the readers' weights multiplied, so it costs
nothing at run time. It folds only where linear layers alone read the output, as in networks that
normalize before each block; where a residual addition reads it too, as in BERT, nothing folds and
`rescale_outliers` carries the factors. A linear layer before another is `equalize`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import rules
from edgec.compress.quantization.equalize import Equalized, Layer, lost_bits
from edgec.compress.quantization.policy import consumers
from edgec.compress.quantization.scaling_groups import owns_parameters
from edgec.compress.quantization.units import Unit, find_units

_WORTH_BITS = 2.0
_LARGEST_EXPONENT = 10


@dataclass(frozen=True)
class Fold:
    """A layer normalization and the linear units that alone read its output."""

    norm: ir.Node
    readers: tuple[Unit, ...]

    @property
    def tensor(self) -> str:
        """The output's name."""
        return str(self.norm.outputs[0].name)


def find_folds(graph: ir.Graph) -> tuple[Fold, ...]:
    """All normalizations of `graph` into which factors per channel can be folded."""
    units = find_units(graph)
    readers = consumers(units)
    return tuple(Fold(u.nodes[0], tuple(readers[u.output])) for u in units
                 if u.kind == "layer_norm" and _folds(u, readers.get(u.output, [])))


def _folds(norm: Unit, readers: Sequence[Unit]) -> bool:
    parameters = [v for v in norm.nodes[0].inputs[1:] if v is not None]
    return bool(readers) and not norm.output.is_graph_output() \
        and all(u.kind == "linear" and u.op != "Conv" and owns_parameters(u) for u in readers) \
        and all(rules.constant(v) is not None and len(v.uses()) == 1 for v in parameters)


def smooth(model: ir.Model, largest: Mapping[str, Array],
           alpha: float) -> tuple[ir.Model, dict[str, Array], tuple[Equalized, ...]]:
    """A copy of `model` with factors folded in, `largest` after it, and what was done.

    largest: the largest absolute value per channel, by tensor name, for every fold at least.
    Outputs whose channels are alike already (less than two bits to gain) are left alone.
    """
    result, after, done = model.clone(), dict(largest), []
    for fold in find_folds(result.graph):
        maximum = largest[fold.tensor]
        if lost_bits([maximum]) < _WORTH_BITS:
            continue
        layers = [Layer(unit) for unit in fold.readers]
        weights = np.max([layer.input_range() for layer in layers], axis=0)
        factors = smoothing_factors(maximum, weights, alpha)
        for layer in layers:
            layer.multiply_inputs(factors)
            layer.write()
        for value in fold.norm.inputs[1:]:
            data = rules.constant(value)
            if value is not None and data is not None:
                value.const_value = ir.tensor((data / factors).astype(np.float32), name=value.name)
        after[fold.tensor] = maximum / factors
        done.append(Equalized.of((fold.tensor,), factors))
    return result, after, tuple(done)


def smoothing_factors(activations: Array, weights: Array, alpha: float) -> Array:
    """s, powers of two around 1, float64 [channels]; 1 for channels that are always zero."""
    alive = (activations > 0) & (weights > 0)
    exponent = np.zeros(len(activations))
    exponent[alive] = alpha * np.log2(activations[alive].astype(np.float64)) \
        - (1 - alpha) * np.log2(weights[alive])
    if alive.any():
        exponent[alive] -= np.median(exponent[alive])
    return np.asarray(2.0 ** np.clip(np.rint(exponent), -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
