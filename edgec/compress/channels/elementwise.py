"""Channels in operations on single elements, with broadcasting, and in those that reduce."""

from __future__ import annotations

from collections.abc import Callable

import onnx_ir as ir

from edgec.compress.channels.atoms import Atoms
from edgec.compress.channels.trace import Trace, constant
from edgec.model.inspect import static_shape
from edgec.model.passes._match import axes_of

ELEMENTWISE = (
    "Abs", "Add", "And", "Cast", "Ceil", "Celu", "Clip", "Div", "Elu", "Equal", "Erf", "Exp",
    "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity",
    "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Min", "Mish", "Mul", "Neg", "Not", "Or",
    "PRelu", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Softplus",
    "Softsign", "Sqrt", "Sub", "Swish", "Tanh", "ThresholdedRelu", "Where")
REDUCTIONS = ("ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
              "ReduceSum", "ReduceSumSquare")
POOLS = ("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "MaxPool")


def elementwise(trace: Trace, node: ir.Node) -> None:
    """Operands that are not broadcast along the channels must lose the same ones."""
    operands = [v for v in node.inputs if v is not None]
    out = node.outputs[0]
    rank = len(static_shape(out))
    wide = [v for v in operands if v in trace.labels]
    if not wide:
        return
    if all(v is wide[0] or not any(d > 1 for d in static_shape(v)) for v in operands):
        trace.put(out, _ranked(trace, wide[0], rank))
        return
    found = {v: trace.channels(v) for v in wide}
    axes = {v: at - len(static_shape(v)) for v, (at, _) in found.items()}  # from the end
    if len(set(axes.values())) > 1:
        trace.refuse(node, "its inputs have channels along different axes")
        return
    axis, atoms = axes[wide[0]], found[wide[0]][1]
    for value in operands:
        shape = static_shape(value)
        if -axis > len(shape) or shape[axis] == 1:
            continue
        if value in found:
            trace.atoms.join(atoms, found[value][1],
                             f"{node.op_type} {node.name} joins channels that stay")
        elif constant(value) is not None:
            trace.tie(node, value, len(shape) + axis, atoms)
        else:
            trace.atoms.keep(atoms, f"{node.op_type} {node.name}: {value.name} keeps its channels")
    trace.put_along(out, rank + axis, atoms)


def _ranked(trace: Trace, value: ir.Value, rank: int) -> Atoms:
    labels = trace.of(value)
    return labels.reshape((1,) * (rank - labels.ndim) + labels.shape)


def pool(trace: Trace, node: ir.Node) -> None:
    """Works on every channel along axis 1 alone."""
    _passes(trace, node, lambda axis: axis == 1)


def softmax(trace: Trace, node: ir.Node) -> None:
    """Mixes along its axis, passes what lies along others."""
    rank = len(static_shape(node.inputs[0]))
    mixed = node.attributes.get_int("axis", -1) % rank
    _passes(trace, node, lambda axis: axis != mixed)


def layer_norm(trace: Trace, node: ir.Node) -> None:
    """Mixes along all axes from its own on: without a channel its statistics would change."""
    rank = len(static_shape(node.inputs[0]))
    first = node.attributes.get_int("axis", -1) % rank
    _passes(trace, node, lambda axis: axis < first)


def _passes(trace: Trace, node: ir.Node, allowed: Callable[[int], bool]) -> None:
    at, atoms = trace.channels(node.inputs[0])
    if at < 0:
        return
    if allowed(at):
        trace.put_along(node.outputs[0], at, atoms)
    else:
        trace.refuse(node, "it computes over the channels")


def reduction(trace: Trace, node: ir.Node) -> None:
    """Axes that it does not reduce pass."""
    axes = axes_of(node)
    at, atoms = trace.channels(node.inputs[0])
    if at < 0:
        return
    if axes is None or at in axes:
        trace.refuse(node, "it computes over the channels")
        return
    kept = node.attributes.get_int("keepdims", 1)
    shift = 0 if kept else sum(axis < at for axis in axes)
    trace.put_along(node.outputs[0], at - shift, atoms)


RULES = {**dict.fromkeys(ELEMENTWISE, elementwise), **dict.fromkeys(POOLS, pool),
         **dict.fromkeys(REDUCTIONS, reduction), "Softmax": softmax, "LogSoftmax": softmax,
         "LayerNormalization": layer_norm, "RMSNormalization": layer_norm}
