"""Ops that change where values are, not what they are: Transpose, Concat, Split, Slice, Pad ..."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgec.lower.onnx_import._call import Call, Importers, Unsupported, normal_axis
from edgec.lower.onnx_import._shapes import expanded
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.pad import Pad
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.transpose import Transpose


def _transpose(call: Call) -> Sequence[str]:
    rank = call.rank(call.input(0))
    perm = call.ints("perm", tuple(reversed(range(rank))))
    if sorted(perm) != list(range(rank)):
        raise Unsupported(f"has perm {perm} for a tensor of rank {rank}")
    return [call.emit(Transpose(perm), [call.input(0)])]


def _concat(call: Call) -> Sequence[str]:
    tensors = [call.input(i) for i in range(len(call.inputs))]
    axis = normal_axis(call.integer("axis", 0), call.rank(tensors[0]))
    if len(tensors) == 1:
        return tensors
    return [call.emit(Concat(axis), tensors)]


def _cut(call: Call, axis: int, start: int, length: int, part: str) -> str:
    shape = call.shape(call.input(0))
    lengths = tuple(length if i == axis else n for i, n in enumerate(shape))
    starts = tuple(start if i == axis else 0 for i in range(len(shape)))
    return call.emit(Slice(starts, (1,) * len(shape), lengths), [call.input(0)], part)


def _split(call: Call) -> Sequence[str]:
    """One slice per output; sizes from `split`, or equal ones with a smaller last."""
    axis = normal_axis(call.integer("axis", 0), call.rank(call.input(0)))
    size, outputs = call.shape(call.input(0))[axis], len(call.node.outputs)
    lengths = call.int_list(1, "split")
    if lengths is None:
        chunk = -(-size // outputs)
        lengths = tuple(min(chunk, size - i * chunk) for i in range(outputs))
    if sum(lengths) != size or len(lengths) != outputs or min(lengths) < 1:
        raise Unsupported(f"splits axis {axis} of size {size} into {lengths}")
    starts = [sum(lengths[:i]) for i in range(outputs)]
    return [_cut(call, axis, start, length, f"part{i}")
            for i, (start, length) in enumerate(zip(starts, lengths, strict=True))]


def _slice(call: Call) -> Sequence[str]:
    """Starts, ends, axes and steps as in Python's slices; a negative step is refused."""
    shape = call.shape(call.input(0))
    starts, ends = call.int_list(1, "starts"), call.int_list(2, "ends")
    if starts is None or ends is None:
        raise Unsupported("lacks its starts or ends")
    axes = call.int_list(3, "axes") or tuple(range(len(starts)))
    steps = call.int_list(4, "steps") or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise Unsupported("has starts, ends, axes and steps of different lengths")
    ranges = [range(n) for n in shape]
    for start, end, given, step in zip(starts, ends, axes, steps, strict=True):
        axis = normal_axis(given, len(shape))
        if step < 1:
            raise Unsupported(f"has step {step}; a step must be at least 1")
        ranges[axis] = range(shape[axis])[start:end:step]
        if not ranges[axis]:
            raise Unsupported(f"leaves nothing of axis {axis}")
    attributes = Slice(tuple(r.start for r in ranges), tuple(r.step for r in ranges),
                       tuple(len(r) for r in ranges))
    return [call.emit(attributes, [call.input(0)])]


def _pad(call: Call) -> Sequence[str]:
    """Constant padding; negative pads cut off."""
    if call.text("mode", "constant") != "constant":
        raise Unsupported(f"pads by {call.text('mode', '')!r}; only a constant is supported")
    rank = call.rank(call.input(0))
    pads = call.int_list(1, "pads")
    axes = call.int_list(3, "axes") or tuple(range(rank))
    if pads is None or len(pads) != 2 * len(axes):
        raise Unsupported(f"has pads {pads} for {len(axes)} axes")
    before, after = [0] * rank, [0] * rank
    for i, given in enumerate(axes):
        axis = normal_axis(given, rank)
        before[axis], after[axis] = pads[i], pads[len(axes) + i]
    value = call.scalar(2, "the padding value", 0.0)
    return [_padded(call, tuple(before), tuple(after), value)]


def _padded(call: Call, before: tuple[int, ...], after: tuple[int, ...], value: float) -> str:
    """Negative pads cut off first."""
    x = call.input(0)
    if min(*before, *after) < 0:
        shape = call.shape(x)
        starts = tuple(max(-b, 0) for b in before)
        lengths = tuple(n - s - max(-a, 0)
                        for n, s, a in zip(shape, starts, after, strict=True))
        if min(lengths) < 1:
            raise Unsupported("cuts everything off")
        x = call.emit(Slice(starts, (1,) * len(shape), lengths), [x], "crop")
    attributes = Pad(tuple(max(b, 0) for b in before), tuple(max(a, 0) for a in after), value)
    return call.emit(attributes, [x])


def _expand(call: Call) -> Sequence[str]:
    own = call.shape(call.input(0))
    wanted = tuple(int(v) for v in call.constant(1, "the shape").reshape(-1))
    try:
        shape = np.broadcast_shapes(own, wanted)
    except ValueError:
        raise Unsupported(f"cannot broadcast {own} and {wanted}") from None
    return [expanded(call, call.input(0), shape, "expand")]


def _gather(call: Call) -> Sequence[str]:
    """Constant indices are made non-negative and s32; others must be s32 or s64."""
    axis = normal_axis(call.integer("axis", 0), call.rank(call.input(0)))
    indices = call.input(1)
    data = call.editor.data(indices)
    if data is not None:
        size = call.shape(call.input(0))[axis]
        if np.any((data < -size) | (data >= size)):
            raise Unsupported(f"has an index outside [-{size}, {size})")
        indices = call.add_constant("index", np.where(data < 0, data + size, data)
                                    .astype(np.int32))
    elif call.editor.tensor(indices).dtype not in ("s32", "s64"):
        raise Unsupported(f"has indices of type {call.editor.tensor(indices).dtype}")
    return [call.emit(Gather(axis), [call.input(0), indices])]


def _tile(call: Call) -> Sequence[str]:
    """Repeats along each axis, by gathering 0, 1, .., n-1, 0, 1, .. ."""
    x = call.input(0)
    for axis, count in enumerate(call.constant(1, "the repeats").reshape(-1).tolist()):
        if count < 1:
            raise Unsupported("repeats an axis less than once")
        if count > 1:
            order = np.tile(np.arange(call.shape(x)[axis], dtype=np.int32), int(count))
            x = call.emit(Gather(axis), [x, call.add_constant("index", order)], f"axis{axis}")
    return [x]


PLUGIN: Importers = {
    "Transpose": _transpose, "Concat": _concat, "Split": _split, "Slice": _slice, "Pad": _pad,
    "Expand": _expand, "Gather": _gather, "Tile": _tile,
}
