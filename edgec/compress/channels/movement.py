"""Channels in operations that only move elements: labels are moved the same way."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from edgec.compress.channels.trace import Trace, constant, varying
from edgec.model.inspect import static_shape


def reshape(trace: Trace, node: ir.Node) -> None:
    """Reshape, Flatten, Squeeze, Unsqueeze: the same elements in order."""
    x = node.inputs[0]
    if x is not None and x in trace.labels:
        out = node.outputs[0]
        trace.put(out, trace.full(x).reshape(static_shape(out)))


def transpose(trace: Trace, node: ir.Node) -> None:
    """Axes in another order."""
    x = node.inputs[0]
    if x is not None and x in trace.labels:
        order = node.attributes.get_ints("perm", list(range(len(static_shape(x))))[::-1])
        trace.put(node.outputs[0], trace.of(x).transpose(order))


def concat(trace: Trace, node: ir.Node) -> None:
    """Along the axis of the channels: one after the other. Along others: the same channels."""
    pieces = [v for v in node.inputs if v is not None]
    rank = len(static_shape(node.outputs[0]))
    axis = node.attributes.get_int("axis", 0) % rank
    across = {a for v in pieces for a in varying(trace.of(v))} - {axis}
    if across and not any(trace.of(v).shape[axis] > 1 for v in pieces):
        _side_by_side(trace, node, pieces)
        return
    sizes = np.max([trace.of(v).shape for v in pieces], axis=0)
    labels = []
    for value in pieces:
        shape = [int(n) for n in sizes]
        shape[axis] = static_shape(value)[axis]
        labels.append(np.broadcast_to(trace.of(value), shape))
    trace.put(node.outputs[0], np.concatenate(labels, axis))


def _side_by_side(trace: Trace, node: ir.Node, pieces: list[ir.Value]) -> None:
    found = [(v, *trace.channels(v)) for v in pieces]
    at, atoms = next((at, atoms) for _, at, atoms in found if at >= 0)
    for value, own, channels in found:
        if own == at:
            trace.atoms.join(atoms, channels, f"Concat {node.name} joins channels that stay")
        elif own < 0 and constant(value) is not None:
            trace.tie(node, value, at, atoms)
        else:
            trace.refuse(node, f"{value.name} keeps its channels")
            return
    trace.put_along(node.outputs[0], at, atoms)


def split(trace: Trace, node: ir.Node) -> None:
    """Pieces along its axis, of the sizes that its outputs have."""
    x = node.inputs[0]
    if x is None or x not in trace.labels:
        return
    axis = node.attributes.get_int("axis", 0) % len(static_shape(x))
    labels, start = trace.of(x), 0
    for out in node.outputs:
        size = static_shape(out)[axis]
        piece = (labels if labels.shape[axis] == 1
                 else labels.take(range(start, start + size), axis))
        trace.put(out, piece)
        start += size


def slice_(trace: Trace, node: ir.Node) -> None:
    """A range along some axes; with steps along the channels, nothing may go there."""
    x = node.inputs[0]
    if x is None or x not in trace.labels:
        return
    parts = slice_ranges(node)
    if parts is None:
        trace.refuse(node, "its range is computed")
        return
    labels = trace.of(x)
    for axis, part in parts.items():
        if labels.shape[axis] > 1:
            if part.step != 1:
                trace.fixed.append((x, axis, f"Slice {node.name} steps over channels"))
            labels = labels[(slice(None),) * axis + (part,)]
    trace.put(node.outputs[0], labels)


def slice_ranges(node: ir.Node) -> dict[int, slice] | None:
    """The range along every sliced axis; None when it is not constant."""
    given = [None if v is None else constant(v) for v in node.inputs[1:]]
    if any(v is not None and c is None for v, c in zip(node.inputs[1:], given, strict=True)):
        return None
    starts, ends = given[0], given[1]
    assert starts is not None
    assert ends is not None
    axes = given[2] if len(given) > 2 and given[2] is not None else np.arange(len(starts))
    steps = given[3] if len(given) > 3 and given[3] is not None else np.ones(len(starts), int)
    rank = len(static_shape(node.inputs[0]))
    return {int(axis) % rank: slice(int(s), int(e), int(step)) for axis, s, e, step
            in zip(axes, starts, ends, steps, strict=True)}


def expand(trace: Trace, node: ir.Node) -> None:
    """More copies along axes of size 1; new axes in front."""
    x = node.inputs[0]
    if x is not None and x in trace.labels:
        labels, rank = trace.of(x), len(static_shape(node.outputs[0]))
        trace.put(node.outputs[0], labels.reshape((1,) * (rank - labels.ndim) + labels.shape))


def same_size(trace: Trace, node: ir.Node) -> None:
    """Pad and Resize: axes that keep their size pass; a Pad there could still shift."""
    x = node.inputs[0]
    if x is None or x not in trace.labels:
        return
    before, after = static_shape(x), static_shape(node.outputs[0])
    axes = varying(trace.of(x))
    if any(before[axis] != after[axis] for axis in axes) or not _untouched(node, axes):
        trace.refuse(node, "it changes the number of channels")
        return
    trace.put(node.outputs[0], trace.of(x))


def _untouched(node: ir.Node, axes: list[int]) -> bool:
    """Whether a Pad adds nothing along these axes."""
    if node.op_type != "Pad":
        return True
    pads = constant(node.inputs[1])
    if pads is None or (len(node.inputs) > 3 and node.inputs[3] is not None):
        return False
    return not any(pads.reshape(2, -1)[:, axis].any() for axis in axes)


RULES = {**dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), reshape),
         "Transpose": transpose, "Concat": concat, "Split": split, "Slice": slice_,
         "Expand": expand, "Pad": same_size, "Resize": same_size}
