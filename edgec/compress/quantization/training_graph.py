"""Brings a QDQ graph into the form that can be trained; see trainable.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import rules, scheme
from edgec.compress.quantization.scale_classes import scale_classes
from edgec.compress.quantization.trainable import (
    LearnedBias,
    LearnedScale,
    LearnedWeight,
    TrainingGraph,
)
from edgec.compress.quantization.units import bias_array, find_units, weight_array
from edgec.model.execute import trainable_weights

_PREFIX = "trained "
_INSIDE = 0.49  # of a step around an integer: what still rounds to it
_LINEAR = ("Conv", "Gemm", "MatMul")
Parameters = Mapping[str, tuple[Array, Array | None]]


def float_parameters(exact: ir.Model) -> dict[str, tuple[Array, Array | None]]:
    """Weight and bias of every linear unit of a float graph, by the name of its first node."""
    return {u.name: (weight_array(u), bias_array(u)) for u in find_units(exact.graph)
            if u.kind == "linear"}


def training_graph(quantized: ir.Model, floats: Parameters) -> TrainingGraph:
    """The training form of a QDQ model, which is untouched.

    floats: what the integers were made of, where it is known (`float_parameters`). A weight starts
    as near to it as it still rounds to the same integer, so that training starts from `quantized`.
    """
    return _Builder(quantized.clone()).build(floats)


class _Builder:
    """Changes a copy of the QDQ graph into its training form."""

    def __init__(self, model: ir.Model) -> None:
        self._model, self._graph = model, model.graph
        self._weights: list[LearnedWeight] = []
        self._biases: list[LearnedBias] = []
        self._scales: list[LearnedScale] = []
        self._before: set[str] = set()

    def build(self, floats: Parameters) -> TrainingGraph:
        """The whole graph."""
        classes, counts = scale_classes(self._graph), _counts(self._graph)
        for node in [n for n in self._graph if n.op_type in _LINEAR]:
            weight = _stored(node, 1)
            if weight is not None:
                self._linear(node, weight, *floats.get(str(node.name), (None, None)))
        for members in classes:
            self._learn_scale(members, counts[members[0]], scheme.WEIGHT_MAX)
        self._graph.sort()
        names = [name for name in trainable_weights(self._model) if name not in self._before]
        ratios = [scale.ratio for scale in self._scales]
        return TrainingGraph(self._model, tuple(dict.fromkeys((*names, *ratios))),
                             tuple(self._weights), tuple(self._biases), tuple(self._scales))

    def _linear(self, node: ir.Node, weight: ir.Node, exact: Array | None,
                exact_bias: Array | None) -> None:
        add = _bias_add(node)
        bias = _stored(*add) if add is not None else _stored(node, 2)
        source = node.inputs[0].producer() if node.inputs[0] is not None else None
        if bias is not None and source is not None and source.op_type == "DequantizeLinear":
            user, index = add if add is not None else (node, 2)
            integers, scale = _names(bias)
            values = _dequantized(bias) if exact_bias is None else exact_bias
            learned = self._initializer(f"{_PREFIX}{integers}", values.astype(np.float32))
            self._biases.append(LearnedBias(str(learned.name), integers, scale, _names(source)[1],
                                            _names(weight)[1]))
            user.replace_input_with(index, learned)
        self._learn_weight(weight, exact)

    def _learn_weight(self, node: ir.Node, exact: Array | None) -> None:
        """node: the DequantizeLinear of a weight."""
        integers, scale_name = _names(node)
        stored, real = rules.constant(node.inputs[0]), _dequantized(node)
        assert stored is not None
        axis = node.attributes.get_int("axis", 1) if _scale(node).ndim else None
        levels = next(n for n in map(scheme.levels_of, range(2, 9)) if np.abs(stored).max() <= n)
        if exact is not None:
            room = _INSIDE * np.abs(_steps(node, stored.ndim))
            real = np.clip(exact, real - room, real + room)
        weight = self._initializer(f"{_PREFIX}{integers}", real.astype(np.float32))
        inputs = (weight, node.inputs[1])
        attributes = {"levels": levels} | ({} if axis is None else {"axis": axis})
        rounded = ir.node("QuantizeWeight", inputs, attributes, domain="edgec",
                          name=f"{_PREFIX}{integers} rounded")
        rounded.outputs[0].name = f"{_PREFIX}{integers} rounded"
        self._graph.append(rounded)
        node.replace_input_with(0, rounded.outputs[0])
        self._weights.append(LearnedWeight(str(weight.name), integers, scale_name, axis, levels))
        self._learn_scale((scale_name,), stored.size // max(1, _scale(node).size), levels)

    def _learn_scale(self, members: Sequence[str], count: int, levels: int) -> None:
        """Multiply all of these scales by one ratio that starts as 1."""
        first = self._graph.initializers[members[0]]
        data = rules.constant(first)
        assert data is not None
        ratio = self._initializer(f"{_PREFIX}{members[0]} ratio", np.ones_like(data))
        for name in members:
            scale = self._graph.initializers[name]
            uses = list(scale.uses())
            product = ir.node("Mul", (scale, ratio), name=f"{_PREFIX}{name}")
            product.outputs[0].name = f"{_PREFIX}{name}"
            product.outputs[0].dtype = ir.DataType.FLOAT
            self._graph.append(product)
            for node, index in uses:
                node.replace_input_with(index, product.outputs[0])
        self._before.update(members)
        self._scales.append(LearnedScale(str(ratio.name), tuple(members), count, levels))

    def _initializer(self, name: str, data: Array) -> ir.Value:
        value = ir.Value(name=name, const_value=ir.tensor(data, name=name),
                         shape=ir.Shape(data.shape), type=ir.TensorType(ir.DataType.FLOAT))
        self._graph.register_initializer(value)
        return value


def _stored(node: ir.Node, index: int) -> ir.Node | None:
    """The DequantizeLinear of integers that are stored, behind an input of `node`."""
    value = node.inputs[index] if index < len(node.inputs) else None
    source = None if value is None else value.producer()
    if source is None or source.op_type != "DequantizeLinear" \
            or rules.constant(source.inputs[0]) is None:
        return None
    return source


def _bias_add(node: ir.Node) -> tuple[ir.Node, int] | None:
    """The Add of an int32 bias behind a MatMul, and which input the bias is."""
    users = node.outputs[0].consumers()
    if node.op_type != "MatMul" or len(users) != 1 or users[0].op_type != "Add":
        return None
    for index in (0, 1):
        source = _stored(users[0], index)
        if source is not None and source.inputs[0] is not None \
                and source.inputs[0].dtype == ir.DataType.INT32:
            return users[0], index
    return None


def _names(node: ir.Node) -> tuple[str, str]:
    """The names of a Q or DQ node's input and of its scale."""
    value, scale = node.inputs[0], node.inputs[1]
    assert value is not None
    assert scale is not None
    return str(value.name), str(scale.name)


def _scale(node: ir.Node) -> Array:
    found = rules.constant(node.inputs[1])
    assert found is not None
    return found


def _steps(node: ir.Node, rank: int) -> Array:
    """The scale of a DequantizeLinear, shaped to multiply its tensor."""
    scale = _scale(node)
    axis = 0 if rank == 1 else node.attributes.get_int("axis", 1)
    return scheme.along(scale, axis, rank) if scale.ndim else scale


def _dequantized(node: ir.Node) -> Array:
    values = rules.constant(node.inputs[0])
    assert values is not None
    return np.asarray(values.astype(np.float32) * _steps(node, values.ndim))


def _counts(graph: ir.Graph) -> dict[str, int]:
    """How many values of one sample each activation scale stands for."""
    found = {}
    for node in graph:
        if node.op_type == "QuantizeLinear" and node.inputs[0] is not None:
            shape = node.inputs[0].shape
            dims = [d for d in (() if shape is None else shape) if isinstance(d, int)]
            found[_names(node)[1]] = max(1, int(np.prod(dims)))
    return found
