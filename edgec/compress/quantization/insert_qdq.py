"""Writes a plan into a graph as QuantizeLinear and DequantizeLinear nodes.

        x ─ Q ─ DQ ─┐
   w int8 ──── DQ ──┼─ Conv ─ Relu ─ Q ─ DQ ─
   b int32 ─── DQ ──┘

An int8 unit reads dequantized tensors and its output is quantized, so all its readers, float ones
too, see what the board computes. A tensor from a float unit is quantized only for its int8 readers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import rules, scheme
from edgec.compress.quantization.plan import Plan
from edgec.compress.quantization.units import (
    Unit,
    bias_use,
    find_units,
    weight_value,
)
from edgec.names import take

QUANTIZED, DEQUANTIZED = "_quantized", "_dequantized"


def insert_qdq(model: ir.Model, plan: Plan) -> ir.Model:
    """A copy of the float `model` with the plan in it. Inputs and outputs keep name and type.

    A unit of the plan that is not in the model is ignored, so a part of a model can be quantized.
    """
    result = model.clone()
    units = [u for u in find_units(result.graph) if u.name not in plan.float_reasons]
    writer = _Writer(result.graph, plan)
    for unit in units:
        if unit.kind == "linear":
            writer.quantize_weight(unit)
    for value in _tensors(units):
        writer.quantize_activation(value, units)
    for unit in units:
        writer.quantize_constants(unit)
    _remove_unused_initializers(result.graph)
    result.graph.sort()
    return result


def dequantized_name(plan: Plan, unit: Unit) -> str:
    """The name, in the quantized model, of what readers of the unit's output see."""
    name = str(unit.output.name)
    return name if unit.name in plan.float_reasons or unit.output.is_graph_output() \
        else name + DEQUANTIZED


def _tensors(units: Sequence[Unit]) -> list[ir.Value]:
    """What the units read and write, in order, constants left out."""
    values = [v for u in units for v in (*u.inputs, *u.outputs) if rules.constant(v) is None]
    return list(dict.fromkeys(values))


class _Writer:
    """Adds nodes and initializers to one graph."""

    def __init__(self, graph: ir.Graph, plan: Plan) -> None:
        self._graph, self._plan = graph, plan
        self._values = set(ir.convenience.create_value_mapping(graph))

    def quantize_activation(self, value: ir.Value, units: Sequence[Unit]) -> None:
        """Put Q and DQ after `value`: for all its readers if int8 made it, else for int8 ones."""
        params = self._plan.activations[str(value.name)]
        readers = {node for u in units if value in u.inputs for node in u.nodes}
        made_in_int8 = any(value in u.outputs for u in units)
        uses = [use for use in value.uses() if made_in_int8 or use.node in readers]
        is_output = made_in_int8 and value.is_graph_output()
        name = str(value.name)
        if is_output:
            value.name = take(name + "_float", self._values, "_")
        restored = self._pair(value, name, params)
        if is_output:
            self._graph.outputs[:] = [restored if v is value else v for v in self._graph.outputs]
            restored.name = name
            restored.shape, restored.type = value.shape, value.type
        for node, index in uses:
            node.replace_input_with(index, restored)

    def quantize_weight(self, unit: Unit) -> None:
        """Replace weight and bias of a linear unit by integers and their DequantizeLinear."""
        weight, node = self._plan.weights[unit.name], unit.nodes[0]
        value = weight_value(unit)
        name = str(value.name)
        node.replace_input_with(1, self._constant(name, weight.values, weight.scale, weight.axis))
        use = bias_use(unit)
        corrected = self._plan.biases.get(unit.name)
        if use is None or corrected is None:
            return
        input_scale = self._plan.activations[str(unit.inputs[0].name)].scale
        scale = scheme.bias_scale(input_scale, weight.scale)
        old = use[0].inputs[use[1]]
        assert old is not None
        values = scheme.bias(corrected, scale)
        axis = None if weight.axis is None else 0
        use[0].replace_input_with(use[1], self._constant(str(old.name), values, scale, axis))

    def quantize_constants(self, unit: Unit) -> None:
        """Replace the constant operand of a binary unit by int8 and its DequantizeLinear."""
        node = unit.nodes[0]
        for index, value in enumerate(node.inputs[: len(unit.inputs)]):
            data = rules.constant(value)
            if data is None or value is None:
                continue
            params = self._plan.activations[str(value.name)]
            restored = self._constant(str(value.name), scheme.quantize(data, params),
                                      np.array([params.scale], np.float32), None,
                                      params.zero_point)
            node.replace_input_with(index, restored)

    def _pair(self, value: ir.Value, name: str, params: scheme.Activation) -> ir.Value:
        scale = self._initializer(f"{name}_scale", np.array(params.scale, np.float32))
        zero = self._initializer(f"{name}_zero_point", np.array(params.zero_point, np.int8))
        quantized = self._node("QuantizeLinear", (value, scale, zero), name + QUANTIZED, {})
        return self._node("DequantizeLinear", (quantized, scale, zero), name + DEQUANTIZED, {})

    def _constant(self, name: str, values: Array, scale: Array, axis: int | None,
                  zero_point: int = 0) -> ir.Value:
        """An integer initializer and its DequantizeLinear; per tensor when `axis` is None."""
        zeros = np.full(scale.shape, zero_point, values.dtype)
        if axis is None:
            scale, zeros = scale.reshape(()), zeros.reshape(())
        inputs = (self._initializer(name + QUANTIZED, values),
                  self._initializer(f"{name}_scale", scale),
                  self._initializer(f"{name}_zero_point", zeros))
        attributes = {} if axis is None else {"axis": axis}
        return self._node("DequantizeLinear", inputs, name + DEQUANTIZED, attributes)

    def _node(self, op: str, inputs: Sequence[ir.Value], output: str,
              attributes: dict[str, int]) -> ir.Value:
        output = take(output, self._values, "_")
        node = ir.node(op, inputs, attributes, name=f"{output}_node")
        node.outputs[0].name = output
        self._graph.append(node)
        return node.outputs[0]

    def _initializer(self, name: str, data: Array) -> ir.Value:
        name = take(name, self._values, "_")
        tensor = ir.tensor(data, name=name)
        value = ir.Value(name=name, const_value=tensor, shape=ir.Shape(data.shape),
                         type=ir.TensorType(tensor.dtype))
        self._graph.register_initializer(value)
        return value


def _remove_unused_initializers(graph: ir.Graph) -> None:
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
