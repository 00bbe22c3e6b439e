"""Takes outlier channels out of the tensors between int8 and float units.

A transformer's residual stream has a few channels that are a hundred times the others (Bondarenko
et al. 2021, arXiv 2109.12948, section 3); one int8 scale for the whole tensor then leaves nothing
of the rest. Where a float unit stands on the other side of the tensor, a float multiplication per
channel can carry the difference:

    float ─► x ─► linear int8          becomes   float ─► x ─► Mul 1/s ─► Q.. linear int8, w * s
    linear int8 ─► y ─► float          becomes   linear int8, w / s, b / s ..DQ ─► Mul s ─► float

The factors are powers of two, so the float model computes what it did. On the way in
s = activation^alpha / weight^(1 - alpha) shares the difficulty with the weights (Xiao et al. 2022,
SmoothQuant, arXiv 2211.10438, equation 4; of 1/2, 3/4 and 1, alpha = 3/4 kept most of MiniLM's
embeddings). On the way out each channel has its own weight scale, so all of it moves. The cost is
one multiplication per element, and only where channels differ by two bits or more on average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization.equalize import Equalized, Layer, lost_bits
from edgec.compress.quantization.policy import KEEP_FLOAT, consumers
from edgec.compress.quantization.scaling_groups import channel_axis, owns_parameters, upper_end
from edgec.compress.quantization.units import Unit, find_units

_WORTH_BITS = 2.0
_LARGEST_EXPONENT = 10
_ALPHA = 0.75
_REASON = "it carries the scales of outlier channels"


@dataclass(frozen=True)
class Boundary:
    """A tensor with float on one side and linear int8 units on the other.

    incoming: whether the linear units read the tensor (or write it). axis: its channels.
    """

    value: ir.Value
    linear: tuple[Unit, ...]
    incoming: bool
    axis: int

    @property
    def tensor(self) -> str:
        """The tensor's name."""
        return str(self.value.name)


def find_boundaries(graph: ir.Graph, float_reasons: Mapping[str, str]) -> tuple[Boundary, ...]:
    """All boundaries of `graph`, given which units stay float."""
    units = find_units(graph)
    readers = consumers(units)
    made_by = {output: unit for unit in units for output in unit.outputs}
    found = []
    for value, producer in made_by.items():
        int8 = [u for u in readers.get(value, []) if u.name not in float_reasons]
        if producer.name in float_reasons:
            boundary = Boundary(value, tuple(int8), True, _axis(int8, value))
        else:
            boundary = Boundary(value, (producer,), False, _axis([producer], value))
            if int8 or value.is_graph_output() or upper_end(producer.activation) != np.inf:
                continue
        if boundary.axis >= 0 and value.dtype == ir.DataType.FLOAT:
            found.append(boundary)
    return tuple(found)


def _axis(linear: Sequence[Unit], value: ir.Value) -> int:
    """Where the channels of `value` are; -1 when not all units are linear or they disagree."""
    if not linear or not all(u.kind == "linear" and owns_parameters(u) for u in linear):
        return -1
    axes = {channel_axis(u, value) for u in linear}
    return axes.pop() if len(axes) == 1 else -1


def rescale_outliers(model: ir.Model, float_reasons: Mapping[str, str],
                     largest: Mapping[str, Array]) -> tuple[ir.Model, tuple[Equalized, ...]]:
    """A copy of `model` with the multiplications in it, and what was done.

    largest: the largest absolute value per channel, by tensor name, for every boundary.
    """
    result = model.clone()
    done = []
    for boundary in find_boundaries(result.graph, float_reasons):
        maximum = largest[boundary.tensor]
        if lost_bits([maximum]) < _WORTH_BITS:
            continue
        layers = [Layer(unit) for unit in boundary.linear]
        factors = _factors(boundary, maximum, layers)
        for layer in layers:
            (layer.multiply_inputs if boundary.incoming else layer.divide_outputs)(factors)
            layer.write()
        _insert(result.graph, boundary, 1 / factors if boundary.incoming else factors)
        done.append(Equalized.of((boundary.tensor,), factors))
    result.graph.sort()
    return result, tuple(done)


def _factors(boundary: Boundary, maximum: Array, layers: Sequence[Layer]) -> Array:
    """s, powers of two, float64 [channels]; 1 for dead channels."""
    ratio = maximum.astype(np.float64)
    if boundary.incoming:
        weights = np.max([layer.input_range() for layer in layers], axis=0)
        ratio = ratio**_ALPHA / np.where(weights > 0, weights, np.inf) ** (1 - _ALPHA)
    alive = ratio > 0
    exponent = np.zeros(len(ratio))
    exponent[alive] = np.log2(ratio[alive])
    exponent[alive] -= np.median(exponent[alive]) if alive.any() else 0
    return np.asarray(2.0 ** np.clip(np.rint(exponent), -_LARGEST_EXPONENT, _LARGEST_EXPONENT))


def _insert(graph: ir.Graph, boundary: Boundary, factors: Array) -> None:
    value = boundary.value
    assert value.shape is not None
    rank = len(value.shape)
    data = factors.astype(np.float32).reshape([-1] + [1] * (rank - 1 - boundary.axis))
    name = f"{boundary.tensor}_channel_scales"
    scales = ir.Value(name=name, const_value=ir.tensor(data, name=name), shape=ir.Shape(data.shape),
                      type=ir.TensorType(ir.DataType.FLOAT))
    graph.register_initializer(scales)
    inner = {node for unit in boundary.linear for node in unit.nodes}
    uses = [u for u in value.uses() if not boundary.incoming or u.node in inner]
    node = ir.node("Mul", (value, scales), name=f"{name}_node",
                   metadata_props={KEEP_FLOAT: _REASON})
    node.outputs[0].name = f"{boundary.tensor}_rescaled"
    node.outputs[0].shape, node.outputs[0].type = value.shape, value.type
    graph.append(node)
    for user, index in uses:
        user.replace_input_with(index, node.outputs[0])
