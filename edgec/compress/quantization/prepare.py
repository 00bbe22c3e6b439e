"""Brings a float model into the form that quantization works on, without changing its function."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from edgec.compress.quantization.units import bias_use, find_units, output_axis, weight_array
from edgec.model.rewrite import rewrite

_PASSES = ("fold_batch_norm",)


def prepare(model: ir.Model) -> ir.Model:
    """A copy of a loaded model, batch normalization folded, and a bias in every Conv and Gemm."""
    result = rewrite(model, _PASSES)
    for unit in find_units(result.graph):
        if unit.kind == "linear" and unit.op in ("Conv", "Gemm") and bias_use(unit) is None:
            _add_zero_bias(result.graph, unit.nodes[0], weight_array(unit).shape[output_axis(unit)])
    return result


def _add_zero_bias(graph: ir.Graph, node: ir.Node, channels: int) -> None:
    """For bias correction to have something to correct."""
    name = f"{node.name}_zero_bias"
    data = ir.tensor(np.zeros(channels, np.float32), name=name)
    value = ir.Value(name=name, const_value=data, shape=ir.Shape([channels]),
                     type=ir.TensorType(ir.DataType.FLOAT))
    graph.register_initializer(value)
    node.resize_inputs(3)
    node.replace_input_with(2, value)
