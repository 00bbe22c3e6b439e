"""Bias correction: takes the mean error of rounded weights out of each output channel.

Nagel et al. 2019 (DFQ, arXiv 1906.04721, section 4.2, equation 17): E[y'] - E[y] = (W' - W) E[x],
so the bias becomes b - (W' - W) E[x]. E[x] is measured, at every position of the input: the
operation itself, with the weights' error as weight, is run on the mean input. Padding is thus
accounted for, and one code serves convolutions and matrix products.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from edgec.compress.calibrate import Mean
from edgec.compress.method import Array
from edgec.compress.quantization.scaling_groups import channel_axis
from edgec.compress.quantization.unit_model import unit_model
from edgec.compress.quantization.units import Unit, find_units, weight_array, weight_value
from edgec.model.onnxruntime import Runner


def mean_error(model: ir.Model, unit: Unit, quantized: Array, inputs: Mean) -> Array:
    """E[(W' - W) x] per output channel, float64 [channels].

    unit: a linear unit of `model`. quantized: W', float32. inputs: seen on the unit's input.
    """
    runner = Runner(_error_model(model, unit, quantized - weight_array(unit)), threads=1)
    axis, total, samples = channel_axis(unit, unit.output), 0.0, 0
    for mean, count in inputs.means():
        batch = np.repeat(mean, _batch_size(unit.inputs[0]), axis=0)
        output = runner.run({str(unit.inputs[0].name): batch})[runner.outputs[0]]
        others = tuple(i for i in range(output.ndim) if i != axis)
        total = total + output.mean(axis=others, dtype=np.float64) * count
        samples += count
    return np.asarray(total / max(samples, 1))


def _error_model(model: ir.Model, unit: Unit, error: Array) -> ir.Model:
    """The unit's first node alone, without bias and activation, with `error` as weight."""
    alone = unit_model(model, unit)
    node = find_units(alone.graph)[0].nodes[0]
    value = weight_value(find_units(alone.graph)[0])
    value.const_value = ir.tensor(error.astype(np.float32), name=value.name)
    if len(node.inputs) > 2:
        node.replace_input_with(2, None)
    alone.graph.outputs[:] = [node.outputs[0]]
    for other in reversed(list(alone.graph)):
        if other is not node:
            alone.graph.remove(other, safe=True)
    return alone


def _batch_size(value: ir.Value) -> int:
    """The first dimension of a tensor, 1 where it is not fixed."""
    first = value.shape[0] if value.shape is not None and len(value.shape) else 1
    return first if isinstance(first, int) else 1
