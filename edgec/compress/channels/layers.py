"""Channels in layers with weights: what each makes, and what of its weights goes with what."""

from __future__ import annotations

import onnx_ir as ir

from edgec.compress.channels.atoms import Atoms
from edgec.compress.channels.trace import Trace, constant, staying
from edgec.model.inspect import static_shape


def _input_atoms(trace: Trace, node: ir.Node, axis: int) -> Atoms:
    """The atoms along `axis` of the first input; all stay where its channels lie elsewhere."""
    x = node.inputs[0]
    assert x is not None
    at, atoms = trace.channels(x)
    if at == axis:
        return atoms
    if at >= 0:
        trace.refuse(node, f"it reads channels along axis {at}, and needs them along {axis}")
    return staying(static_shape(x)[axis])


def conv(trace: Trace, node: ir.Node) -> None:
    """Weight [out, in / groups, ...]. Groups go as a whole, their inputs and outputs together."""
    weight = node.inputs[1]
    if weight is None or constant(weight) is None:
        trace.refuse(node, "its weight is computed")
        return
    inputs, groups = _input_atoms(trace, node, 1), node.attributes.get_int("group", 1)
    made = trace.fresh(node, static_shape(weight)[0])
    trace.tie(node, weight, 0, made)
    if groups == 1:
        trace.tie(node, weight, 1, inputs)
    else:
        leader = made.reshape(groups, -1)[:, :1]
        reason = f"Conv {node.name} has groups, and channels of its input stay"
        trace.atoms.join(made.reshape(groups, -1), leader, reason)
        trace.atoms.join(inputs.reshape(groups, -1), leader, reason)
    _bias(trace, node, made)
    trace.put_along(node.outputs[0], 1, made)


def conv_transpose(trace: Trace, node: ir.Node) -> None:
    """Weight [in, out / groups, ...]; with groups everything stays."""
    weight = node.inputs[1]
    if weight is None or constant(weight) is None or node.attributes.get_int("group", 1) != 1:
        trace.refuse(node, "it has groups, or its weight is computed")
        return
    inputs, made = _input_atoms(trace, node, 1), trace.fresh(node, static_shape(weight)[1])
    trace.tie(node, weight, 1, made)
    trace.tie(node, weight, 0, inputs)
    _bias(trace, node, made)
    trace.put_along(node.outputs[0], 1, made)


def gemm(trace: Trace, node: ir.Node) -> None:
    """Weight [in, out], or [out, in] with transB."""
    weight = node.inputs[1]
    if weight is None or constant(weight) is None or node.attributes.get_int("transA", 0) == 1:
        trace.refuse(node, "its weight is computed, or its input transposed")
        return
    out_axis = 0 if node.attributes.get_int("transB", 0) else 1
    inputs, made = _input_atoms(trace, node, 1), trace.fresh(node, static_shape(weight)[out_axis])
    trace.tie(node, weight, out_axis, made)
    trace.tie(node, weight, 1 - out_axis, inputs)
    _bias(trace, node, made)
    trace.put_along(node.outputs[0], 1, made)


def _bias(trace: Trace, node: ir.Node, made: Atoms) -> None:
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    if bias is None:
        return
    shape = static_shape(bias)
    if constant(bias) is None:
        trace.atoms.keep(made, f"{node.op_type} {node.name}: its bias is computed")
    elif shape and shape[-1] == len(made):
        trace.tie(node, bias, len(shape) - 1, made)


def matmul(trace: Trace, node: ir.Node) -> None:
    """With a constant matrix [in, out] a layer; of two activations, what attention does."""
    x, weight = node.inputs[0], node.inputs[1]
    assert x is not None
    assert weight is not None
    if constant(x) is None and constant(weight) is None:
        _activations(trace, node, x, weight)
        return
    last = len(static_shape(x)) - 1
    if constant(weight) is None or len(static_shape(weight)) != 2 or last < 1:
        trace.refuse(node, "its constant is not a matrix on the right")
        return
    at, atoms = trace.channels(x)
    if at not in (-1, last):  # rows, for example heads: they pass
        trace.put_along(node.outputs[0], at, atoms)
        return
    made = trace.fresh(node, static_shape(weight)[1])
    trace.tie(node, weight, 1, made)
    trace.tie(node, weight, 0, atoms if at == last else staying(static_shape(x)[last]))
    trace.put_along(node.outputs[0], last, made)


def _activations(trace: Trace, node: ir.Node, x: ir.Value, y: ir.Value) -> None:
    """[..., rows, k] × [..., k, columns]: k and batch axes must agree, rows and columns pass.

    Axes are counted from the end here, as broadcasting does; 0 means no channels.
    """
    sides = []
    for value in (x, y):
        at, atoms = trace.channels(value)
        sides.append((at - len(static_shape(value)) if at >= 0 else 0, atoms))
    (a, first), (b, second) = sides
    if min(len(static_shape(x)), len(static_shape(y))) < 2:
        trace.refuse(node, "it has a vector as input")
        return
    if a == -1 or b == -2:
        if (a, b) != (-1, -2):
            trace.refuse(node, "it sums over channels that one of its inputs has not")
            return
        trace.atoms.join(first, second, f"MatMul {node.name} sums over channels that stay")
        return
    if not _agree(trace, node, (a, b), (x, y)):
        trace.refuse(node, "its inputs have channels along different axes")
        return
    if a and b:
        trace.atoms.join(first, second, f"MatMul {node.name} joins channels that stay")
    if a or b:
        rank = len(static_shape(node.outputs[0]))
        trace.put_along(node.outputs[0], rank + (a or b), first if a else second)


def _agree(trace: Trace, node: ir.Node, axes: tuple[int, int],
           values: tuple[ir.Value, ir.Value]) -> bool:
    """Whether at most one axis of the result has channels, and both inputs have them there."""
    a, b = axes
    if a and b:
        return a == b and a < -2
    for axis, other in ((a, values[1]), (b, values[0])):
        shape = static_shape(other)
        if axis < -2 and -axis <= len(shape) and shape[axis] != 1:
            return False
    return True


def gather(trace: Trace, node: ir.Node) -> None:
    """A table of embeddings makes channels; from activations, picks them by number."""
    data, indices = node.inputs[0], node.inputs[1]
    assert data is not None
    assert indices is not None
    axis = node.attributes.get_int("axis", 0) % max(1, len(static_shape(data)))
    if constant(data) is not None:
        if axis == 0 and len(static_shape(data)) == 2 and constant(indices) is None:
            made = trace.fresh(node, static_shape(data)[1])
            trace.tie(node, data, 1, made)
            trace.put_along(node.outputs[0], len(static_shape(node.outputs[0])) - 1, made)
        return
    picked = constant(indices)
    if picked is None:
        trace.refuse(node, "it picks by numbers that are computed")
        return
    labels = trace.of(data)
    if labels.shape[axis] > 1:
        trace.fixed.append((data, axis, f"Gather {node.name} picks channels by number"))
    else:
        labels = labels.repeat(static_shape(data)[axis], axis)
    trace.put(node.outputs[0], labels.take(picked, axis))


def batch_normalization(trace: Trace, node: ir.Node) -> None:
    """Scale, bias, mean and variance go with the channels along axis 1."""
    _per_channel(trace, node)


def instance_normalization(trace: Trace, node: ir.Node) -> None:
    """Scale and bias go with the channels along axis 1."""
    _per_channel(trace, node)


def _per_channel(trace: Trace, node: ir.Node) -> None:
    if any(constant(v) is None for v in node.inputs[1:]):
        trace.refuse(node, "its parameters are computed")
        return
    atoms = _input_atoms(trace, node, 1)
    for value in node.inputs[1:]:
        trace.tie(node, value, 0, atoms)
    trace.put_along(node.outputs[0], 1, atoms)


RULES = {"Conv": conv, "ConvTranspose": conv_transpose, "Gemm": gemm, "MatMul": matmul,
         "Gather": gather, "BatchNormalization": batch_normalization,
         "InstanceNormalization": instance_normalization}
