"""Folds BatchNormalization into the Conv, ConvTranspose or Gemm before it.

y = (w x + b - mean) * f + beta with f = gamma / sqrt(variance + epsilon), so w' = f w for each
output channel and b' = (b - mean) f + beta (Jacob et al., arXiv:1712.05877, section 3.2). Computed
in float64. One that follows something else, or whose predecessor has other readers, stays.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from edgec.model.passes._match import Array, array_of, made_by, only_reader
from edgec.model.passes._unused import remove_unused


def run(model: ir.Model) -> ir.Model:
    """Folds every BatchNormalization that can be folded."""
    for node in list(model.graph):
        if node.op_type == "BatchNormalization" and not node.domain:
            _fold(model.graph, node)
    remove_unused(model.graph)
    return model


def _fold(graph: ir.Graph, norm: ir.Node) -> None:
    layer = made_by(norm.inputs[0], "Conv", "ConvTranspose", "Gemm")
    statistics = [array_of(value) for value in norm.inputs[1:5]]
    if layer is None or only_reader(layer.outputs[0], "BatchNormalization") is None \
            or norm.attributes.get_int("training_mode", 0) == 1:
        return
    weight, bias = array_of(layer.inputs[1]), _bias(layer)
    if weight is None or bias is None or any(array is None for array in statistics):
        return
    gamma, beta, mean, variance = (np.float64(array) for array in statistics)
    factor = gamma / np.sqrt(variance + norm.attributes.get_float("epsilon", 1e-5))
    _set_input(graph, layer, 1, _scaled(layer, weight, factor))
    _set_input(graph, layer, 2, ((bias - mean) * factor + beta).astype(weight.dtype))
    result, output = norm.outputs[0], layer.outputs[0]
    if result.is_graph_output():
        result.name, output.name = f"{result.name}/normalized", result.name
    ir.convenience.replace_all_uses_with(result, output, replace_graph_outputs=True)
    graph.remove(norm, safe=True)


def _bias(layer: ir.Node) -> Array | None:
    """The layer's bias as float64, zeros when it has none; None when it is not constant."""
    present = len(layer.inputs) > 2 and layer.inputs[2] is not None
    if not present:
        return np.zeros(1)
    bias = array_of(layer.inputs[2])
    if layer.op_type == "Gemm" and layer.attributes.get_float("beta", 1.0) != 1.0:
        return None
    if bias is None or (bias.ndim > 0 and bias.size != bias.shape[-1]):  # one for each sample
        return None
    return bias.astype(np.float64).reshape(-1)


def _scaled(layer: ir.Node, weight: Array, factor: Array) -> Array:
    """The weight with each output channel multiplied by its factor."""
    if layer.op_type == "ConvTranspose":  # [in, out / groups, ...], inputs of a group together
        groups = layer.attributes.get_int("group", 1)
        grouped = weight.reshape(groups, weight.shape[0] // groups, *weight.shape[1:])
        shape = (groups, 1, weight.shape[1], *[1] * (weight.ndim - 2))
        return (grouped * factor.reshape(shape)).reshape(weight.shape).astype(weight.dtype)
    axis = 0
    if layer.op_type == "Gemm" and not layer.attributes.get_int("transB", 0):
        axis = 1
    shape = tuple(-1 if d == axis else 1 for d in range(weight.ndim))
    return (weight * factor.reshape(shape)).astype(weight.dtype)


def _set_input(graph: ir.Graph, node: ir.Node, index: int, data: Array) -> None:
    """Makes `data` a constant input of the node, under the old constant's name if that is free."""
    if index >= len(node.inputs):
        node.resize_inputs(index + 1)
    old = node.inputs[index]
    name = f"{node.name}/{('weight', 'bias')[index - 1]}" if old is None else str(old.name)
    if old is not None and len(old.uses()) == 1:
        node.replace_input_with(index, None)
        del graph.initializers[name]
    elif old is not None:
        name = f"{node.name}/{name}"
    value = ir.Value(name=name, shape=ir.Shape(data.shape),
                     type=ir.TensorType(ir.DataType.from_numpy(data.dtype)),
                     const_value=ir.tensor(data, name=name))
    graph.register_initializer(value)
    node.replace_input_with(index, value)


PLUGIN = run
