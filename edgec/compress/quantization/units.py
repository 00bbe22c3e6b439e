"""Splits a graph into units: what int8 hardware runs as one operation.

A unit is a node with what is fused into it: the bias Add of a MatMul and a following Relu or Clip.
No quantization happens inside a unit, so that conv -> relu is one int8 operation.

    linear      Conv, Gemm or MatMul with a constant weight
    binary      Add, Sub, Mul
    pool        ReduceMean and GlobalAveragePool
    share       input and output have one scale: reshapes, slices, pads, pools, resizes
    concat      inputs and output would like one scale
    lookup      functions of one int8 value: a table of 256 results
    softmax, layer_norm, matmul    the rest of a transformer
    float       has no int8 form; `why` says so
"""

from __future__ import annotations

from dataclasses import dataclass

import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization import rules


@dataclass(frozen=True)
class Unit:
    """Nodes that become one int8 operation, in order; `kind` as in the module's docstring.

    inputs: the float32 tensors that int8 needs quantized, constants of binary units included.
    """

    name: str
    kind: str
    nodes: tuple[ir.Node, ...]
    inputs: tuple[ir.Value, ...]
    outputs: tuple[ir.Value, ...]
    why: str = ""

    @property
    def op(self) -> str:
        """The ONNX operation that the unit is about."""
        return self.nodes[0].op_type

    @property
    def output(self) -> ir.Value:
        """The only output, or the first."""
        return self.outputs[0]

    @property
    def activation(self) -> ir.Node | None:
        """The fused Relu or Clip."""
        last = self.nodes[-1]
        return last if len(self.nodes) > 1 and last.op_type in rules.CLAMPS else None


def find_units(graph: ir.Graph) -> tuple[Unit, ...]:
    """Every node of `graph` in exactly one unit, in execution order."""
    units: list[Unit] = []
    taken: set[ir.Node] = set()
    for node in graph:
        if node not in taken:
            unit = _unit(node)
            taken.update(unit.nodes)
            units.append(unit)
    return tuple(units)


def _unit(node: ir.Node) -> Unit:
    kind, why = rules.classify(node)
    nodes = [node]
    if kind == "linear" and node.op_type == "MatMul":
        nodes += _fused(nodes[-1], _is_bias_add)
    if kind in ("linear", "binary"):
        nodes += _fused(nodes[-1], _is_clamp)
    inputs = tuple(v for v in node.inputs[: rules.ACTIVATION_INPUTS.get(kind)] if v is not None)
    return Unit(str(node.name), kind, tuple(nodes), inputs, tuple(nodes[-1].outputs), why)


def _fused(node: ir.Node, wanted: rules.Predicate) -> list[ir.Node]:
    """The node's only consumer when it is wanted, else nothing."""
    value = node.outputs[0]
    users = value.consumers()
    if value.is_graph_output() or len(users) != 1 or len(value.uses()) != 1:
        return []
    return [users[0]] if wanted(users[0]) else []


def _is_clamp(node: ir.Node) -> bool:
    return node.op_type in rules.CLAMPS and rules.classify(node)[0] == "lookup"


def _is_bias_add(node: ir.Node) -> bool:
    """Add of one number per column of a MatMul's result."""
    if node.op_type != "Add":
        return False
    constants = [rules.constant(v) for v in node.inputs]
    matmul = next((v.producer() for v in node.inputs
                   if v is not None and v.producer() is not None), None)
    found = next((c for c in constants if c is not None), None)
    if found is None or matmul is None:
        return False
    columns = rules.constant(matmul.inputs[1])
    return columns is not None and found.shape[-1:] == (columns.shape[1],) == (found.size,)


def weight_value(unit: Unit) -> ir.Value:
    """The weight initializer of a linear unit."""
    value = unit.nodes[0].inputs[1]
    assert value is not None
    return value


def weight_array(unit: Unit) -> Array:
    """The weight of a linear unit, float32."""
    found = rules.constant(weight_value(unit))
    assert found is not None
    return found


def bias_use(unit: Unit) -> tuple[ir.Node, int] | None:
    """The node and the index of its input that is the unit's bias; None without bias."""
    node = unit.nodes[0]
    if node.op_type != "MatMul":
        has = len(node.inputs) > 2 and node.inputs[2] is not None
        return (node, 2) if has else None
    if len(unit.nodes) > 1 and unit.nodes[1].op_type == "Add":
        add = unit.nodes[1]
        return add, 0 if rules.constant(add.inputs[0]) is not None else 1
    return None


def bias_value(unit: Unit) -> ir.Value | None:
    """The bias initializer of a linear unit."""
    use = bias_use(unit)
    return None if use is None else use[0].inputs[use[1]]


def own_bias(unit: Unit) -> str | None:
    """The name of the bias initializer, where there is one and no other node reads it."""
    value = bias_value(unit)
    return str(value.name) if value is not None and len(value.uses()) == 1 else None


def bias_array(unit: Unit) -> Array | None:
    """The bias [channels] of a linear unit, float32; None without bias."""
    found = rules.constant(bias_value(unit))
    return None if found is None else found.reshape(-1)


def output_axis(unit: Unit) -> int:
    """The axis of the weight that counts output channels."""
    node = unit.nodes[0]
    if node.op_type == "Gemm":
        return 0 if node.attributes.get_int("transB", 0) else 1
    return 0 if node.op_type == "Conv" else 1


def groups(unit: Unit) -> int:
    """The number of groups of a convolution, else 1."""
    return unit.nodes[0].attributes.get_int("group", 1)


@dataclass(frozen=True)
class LinearLayer:
    """A linear unit and the names of its parts."""

    unit: Unit

    @property
    def name(self) -> str:
        """The node's name."""
        return self.unit.name

    @property
    def weight(self) -> str:
        """The name of the weight initializer."""
        return str(weight_value(self.unit).name)

    @property
    def bias(self) -> str | None:
        """The name of the bias, where there is one and no other node reads it."""
        return own_bias(self.unit)
