"""Takes units out of a graph: weights are cut, and what depends on their shapes is put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx_ir as ir

from edgec.compress.channels.movement import slice_ranges
from edgec.compress.channels.trace import constant
from edgec.compress.criterion import Unit
from edgec.compress.method import Array
from edgec.errors import MethodError
from edgec.model.inspect import static_shape
from edgec.model.rewrite import rewrite

Gone = Mapping[str, Mapping[int, list[int]]]

# Ops whose output shape is a constant input, by the place of that input.
_SHAPES = {"Reshape": 1, "Expand": 1, "Resize": 3}


def remove(model: ir.Model, units: Sequence[Unit]) -> ir.Model:
    """A copy of `model` without these units of `find_groups`; `model` is untouched.

    MethodError when nothing would be left of a tensor.
    """
    gone = indices_of(units)
    copy = model.clone()
    values = ir.convenience.create_value_mapping(copy.graph)
    _refuse_empty(values, gone)
    for node in list(copy.graph):  # reads the old shapes
        _repair(copy.graph, node, gone)
    for name, axes in gone.items():
        _cut(values[name], axes)
    return rewrite(copy, ("infer_shapes",))


def indices_of(units: Sequence[Unit]) -> Gone:
    """The indices that go with these units, in order, by tensor and axis."""
    found: dict[str, dict[int, set[int]]] = {}
    for unit in units:
        for s in (*unit.slices, *unit.values):
            found.setdefault(s.name, {}).setdefault(s.axis, set()).update(s.indices)
    return {name: {axis: sorted(indices) for axis, indices in axes.items()}
            for name, axes in found.items()}


def _refuse_empty(values: Mapping[str, ir.Value], gone: Gone) -> None:
    for name, axes in gone.items():
        for axis, indices in axes.items():
            if len(indices) >= static_shape(values[name])[axis]:
                raise MethodError(f"all {len(indices)} channels of {name} along axis {axis} would "
                                  "be removed. Leave at least one unit in every group.")


def _cut(value: ir.Value, axes: Mapping[int, list[int]]) -> None:
    shape = list(static_shape(value))
    tensor = value.const_value
    if tensor is not None:
        array = tensor.numpy()
        for axis, indices in axes.items():
            array = np.delete(array, indices, axis)
        value.const_value = ir.Tensor(np.ascontiguousarray(array), dtype=tensor.dtype,
                                      name=value.name)
    for axis, indices in axes.items():
        shape[axis] -= len(indices)
    value.shape = ir.Shape(shape)


def _repair(graph: ir.Graph, node: ir.Node, gone: Gone) -> None:
    """Constants and attributes of a node that count channels."""
    out = gone.get(str(node.outputs[0].name), {})
    if node.op_type in _SHAPES and out:
        _repair_shape(graph, node, out)
    elif node.op_type == "Split" and any(str(v.name) in gone for v in node.outputs):
        _repair_split(graph, node, gone)
    elif node.op_type == "Slice":
        _repair_slice(graph, node, gone)
    elif node.op_type == "Conv" and out and (groups := node.attributes.get_int("group", 1)) > 1:
        width = static_shape(node.outputs[0])[1] // groups
        left = groups - len(out[1]) // width
        node.attributes["group"] = ir.AttrInt64("group", left)


def _repair_shape(graph: ir.Graph, node: ir.Node, out: Mapping[int, list[int]]) -> None:
    """0 and -1 in a Reshape's target mean what they meant; other sizes are counted anew."""
    place = _SHAPES[node.op_type]
    target = constant(node.inputs[place]) if place < len(node.inputs) else None
    if target is None or not target.size:
        return
    sizes, shape = target.copy(), static_shape(node.outputs[0])
    for axis, indices in out.items():
        at = axis - (len(shape) - len(sizes))  # Expand's target may have fewer axes
        if at >= 0 and sizes[at] > (1 if node.op_type == "Expand" else 0):
            sizes[at] = shape[axis] - len(indices)
    _replace(graph, node, place, sizes)


def _repair_split(graph: ir.Graph, node: ir.Node, gone: Gone) -> None:
    axis = node.attributes.get_int("axis", 0) % len(static_shape(node.inputs[0]))
    sizes = [static_shape(v)[axis] - len(gone.get(str(v.name), {}).get(axis, []))
             for v in node.outputs]
    node.attributes.pop("num_outputs", None)
    if len(node.inputs) < 2:
        node.resize_inputs(2)
    _replace(graph, node, 1, np.array(sizes, np.int64))


def _repair_slice(graph: ir.Graph, node: ir.Node, gone: Gone) -> None:
    x = node.inputs[0]
    assert x is not None
    lost, parts = gone.get(str(x.name), {}), slice_ranges(node)
    if parts is None or not set(lost) & set(parts):
        return
    starts, ends = (np.array(constant(v)) for v in node.inputs[1:3])
    for position, (axis, part) in enumerate(parts.items()):
        if axis in lost:
            size = static_shape(x)[axis]
            first, last, _ = part.indices(size)
            starts[position] = first - sum(i < first for i in lost[axis])
            ends[position] = last - sum(i < last for i in lost[axis])
    _replace(graph, node, 1, starts)
    _replace(graph, node, 2, ends)


def _replace(graph: ir.Graph, node: ir.Node, place: int, data: Array) -> None:
    """Gives the node a constant of its own."""
    old = node.inputs[place]
    name = f"{node.name or node.outputs[0].name}.{place}.pruned"
    while name in graph.initializers:
        name += "+"
    value = ir.Value(name=name, shape=ir.Shape(data.shape), type=ir.TensorType(ir.DataType.INT64),
                     const_value=ir.tensor(data.astype(np.int64), name=name))
    graph.register_initializer(value)
    node.replace_input_with(place, value)
    if old is not None and not old.uses() and old.name in graph.initializers:
        del graph.initializers[str(old.name)]
