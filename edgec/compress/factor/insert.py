"""The surgery: a layer becomes two nodes, y = A (B x) + bias.

The second node keeps the layer's name, its bias and everything that follows it; the first is
called <name>/inner, or <name>/inner_2 where an earlier pass has taken that. Strides, paddings and
dilations go to the node that has the kernel's axis.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import chain, count
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.factor.layers import Layer
from edgec.compress.method import Array
from edgec.compress.quantization.units import output_axis, weight_array

Factors = tuple[Array, Array]  # A [rows, r], B [r, columns]


def insert(model: ir.Model, layers: Mapping[str, tuple[Layer, Factors]],
           biases: Mapping[str, Array] | None = None) -> ir.Model:
    """A copy of `model` with these layers, by name, as two nodes each, and these constants new."""
    result = model.clone()
    for name, data in (biases or {}).items():
        result.graph.initializers[name].const_value = ir.tensor(data.astype(np.float32), name=name)
    for node in list(result.graph):
        if str(node.name) in layers:
            layer, (left, right) = layers[str(node.name)]
            _split(result.graph, node, _Halves(layer, left, right))
    return result


class _Halves:
    """The weights and attributes of both nodes."""

    def __init__(self, layer: Layer, left: Array, right: Array) -> None:
        self.layer, self.rank = layer, right.shape[0]
        make = {"linear": self._linear, "channel": self._channel, "spatial": self._spatial}
        self.first, self.second, self.attributes = make[layer.form](
            left.astype(np.float32), right.astype(np.float32))

    def _linear(self, left: Array, right: Array) -> tuple[Array, Array, tuple[Any, Any]]:
        attributes = {} if self.layer.unit.op == "MatMul" else {
            "transB": 1 - output_axis(self.layer.unit)}
        if output_axis(self.layer.unit) == 1:
            left, right = left.T, right.T
        return right, left, (attributes, attributes)

    def _channel(self, left: Array, right: Array) -> tuple[Array, Array, tuple[Any, Any]]:
        shape = weight_array(self.layer.unit).shape
        ones = [1] * (len(shape) - 2)
        kept = {a.name: a.value for a in self.layer.unit.nodes[0].attributes.values()
                if a.name in ("strides", "pads", "dilations")}
        return (right.reshape(-1, *shape[1:]), left.reshape(shape[0], -1, *ones),
                ({**kept, "kernel_shape": list(shape[2:])}, {"kernel_shape": ones}))

    def _spatial(self, left: Array, right: Array) -> tuple[Array, Array, tuple[Any, Any]]:
        m, n, kh, kw = weight_array(self.layer.unit).shape
        given = self.layer.unit.nodes[0].attributes
        strides, dilations = given.get_ints("strides", [1, 1]), given.get_ints("dilations", [1, 1])
        pads = given.get_ints("pads", [0, 0, 0, 0])
        down = {"kernel_shape": [kh, 1], "strides": [strides[0], 1],
                "dilations": [dilations[0], 1], "pads": [pads[0], 0, pads[2], 0]}
        along = {"kernel_shape": [1, kw], "strides": [1, strides[1]],
                 "dilations": [1, dilations[1]], "pads": [0, pads[1], 0, pads[3]]}
        second = left.reshape(m, kw, 1, self.rank).transpose(0, 3, 2, 1)
        return right.reshape(self.rank, n, kh, 1), second, (down, along)


def _split(graph: ir.Graph, node: ir.Node, halves: _Halves) -> None:
    layer, (first, second) = halves.layer, halves.attributes
    taken = {str(n.name) for n in graph} | {str(v.name) for n in graph for v in n.outputs}
    weights = [_constant(graph, _free(f"{layer.name}/{side}", graph.initializers), data)
               for side, data in (("B", halves.first), ("A", halves.second))]
    name = _free(f"{layer.name}/inner", taken)
    inner = ir.node(node.op_type, [node.inputs[0], weights[0]], attributes=first, name=name)
    value = inner.outputs[0]
    value.name, value.dtype = name, ir.DataType.FLOAT
    value.shape = _inner_shape(node, halves)
    outer = ir.node(node.op_type, [value, weights[1], *node.inputs[2:]], attributes=second,
                    name=node.name)
    output, old = outer.outputs[0], node.outputs[0]
    output.name, output.type, output.shape = old.name, old.type, old.shape
    weight = node.inputs[1]
    graph.insert_before(node, [inner, outer])
    old.name = f"{old.name}/replaced"
    ir.convenience.replace_all_uses_with(old, output, replace_graph_outputs=True)
    graph.remove(node, safe=True)
    assert weight is not None
    del graph.initializers[str(weight.name)]


def _free(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    return next(n for n in chain([name], (f"{name}_{i}" for i in count(2))) if n not in taken)


def _inner_shape(node: ir.Node, halves: _Halves) -> ir.Shape:
    """r channels; a spatial first half has strided along the height alone."""
    output, x = node.outputs[0].shape, node.inputs[0]
    assert output is not None
    dims = list(output)
    axis = 1 if node.op_type == "Conv" else len(dims) - 1
    dims[axis] = halves.rank
    if halves.layer.form == "spatial":
        assert x is not None
        assert x.shape is not None
        dims[3] = x.shape[3]
    return ir.Shape(dims)


def _constant(graph: ir.Graph, name: str, data: Array) -> ir.Value:
    data = np.ascontiguousarray(data)
    value = ir.Value(name=name, shape=ir.Shape(data.shape), type=ir.TensorType(ir.DataType.FLOAT),
                     const_value=ir.tensor(data, name=name))
    graph.register_initializer(value)
    return value
