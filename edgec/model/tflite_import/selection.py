"""Operators that take a part: slices, splits, GATHER, SELECT."""

from __future__ import annotations

import numpy as np

from edgec.model.tflite_import._call import Call, Importers
from edgec.model.tflite_import._graph import NCHW, TO_NCHW, Unsupported

_BEYOND = -(2**31)  # an end that takes a slice of negative step to index 0


def _slice(call: Call) -> None:
    """Begin and size of each axis; −1 is all that is left."""
    begins, sizes, shape = call.ints(1, "begins"), call.ints(2, "sizes"), call.shape(0)
    if not len(begins) == len(sizes) == len(shape):
        raise Unsupported(f"cuts {list(begins)}, {list(sizes)} out of {list(shape)}")
    ends = [n if size == -1 else begin + size
            for n, begin, size in zip(shape, begins, sizes, strict=True)]
    _cut(call, [slice(b, e) for b, e in zip(begins, ends, strict=True)], ())


def _strided_slice(call: Call) -> None:
    """As Python slices; masks open a begin or end, or take one index of an axis."""
    if call.option("newAxisMask", 0) or call.option("ellipsisMask", 0):
        raise Unsupported("has an ellipsis or a new axis")
    begins, ends, strides = (call.ints(i, what) for i, what in
                             ((1, "begins"), (2, "ends"), (3, "strides")))
    if not len(begins) == len(ends) == len(strides) <= call.rank(0) or 0 in strides:
        raise Unsupported(f"cuts {list(begins)}, {list(ends)} by {list(strides)}")
    begin_mask, end_mask, shrink = (int(call.option(name, 0)) for name in
                                    ("beginMask", "endMask", "shrinkAxisMask"))
    cuts, dropped = [], []
    for axis, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        if shrink >> axis & 1:
            cuts.append(slice(begin, begin + 1 or None))
            dropped.append(axis)
        else:
            cuts.append(slice(None if begin_mask >> axis & 1 else begin,
                              None if end_mask >> axis & 1 else end, stride))
    _cut(call, cuts, tuple(dropped))


def _cut(call: Call, cuts: list[slice], dropped: tuple[int, ...]) -> None:
    """ONNX's Slice, then a Reshape without the axes of which one index was taken."""
    layout = call.layout(0) if not dropped else "nhwc"
    taken = [cut.indices(n) for cut, n in zip(cuts, call.shape(0), strict=False)]
    if any(len(range(*t)) < 1 for t in taken):
        raise Unsupported("leaves nothing")
    axes = list(range(len(taken)))
    if layout == NCHW:
        axes = [TO_NCHW.index(a) for a in axes]
    inputs = [call.integers("starts", [t[0] for t in taken]),
              call.integers("ends", [t[1] if t[1] >= 0 else _BEYOND for t in taken]),
              call.integers("axes", axes), call.integers("steps", [t[2] for t in taken])]
    y = call.emit("Slice", [call.value(0, layout), *inputs])
    if dropped:
        y = call.emit("Reshape", [y, call.integers("shape", call.output().shape)])
    call.write(y, layout)


def _split(call: Call) -> None:
    """Axis first, then the tensor; parts of one size."""
    axis = call.axis(call.ints(0, "axes")[0], call.rank(1))
    _parts(call, 1, axis)


def _split_v(call: Call) -> None:
    """The tensor, the sizes, the axis."""
    _parts(call, 0, call.axis(call.ints(2, "axes")[0], call.rank(0)))


def _parts(call: Call, number: int, axis: int) -> None:
    """The sizes are those of the outputs."""
    count, rank = len(call.operator.outputs), call.rank(number)
    sizes = [call.output(i).shape[axis] for i in range(count)
             if len(call.output(i).shape) == rank]
    if len(sizes) != count or sum(sizes) != call.shape(number)[axis]:
        raise Unsupported(f"splits axis {axis} of {list(call.shape(number))} into {sizes}")
    for i, part in enumerate(call.builder.split(call.value(number), sizes, call.name, axis)):
        call.write(part, number=i)


def _unpack(call: Call) -> None:
    """Each index of an axis, which goes."""
    axis = call.axis(int(call.option("axis", 0)), call.rank(0))
    count = len(call.operator.outputs)
    if call.shape(0)[axis] != count:
        raise Unsupported(f"takes {count} of {call.shape(0)[axis]}")
    for i in range(count):
        index = call.constant("index", np.asarray(i, np.int64))
        call.write(call.emit("Gather", [call.value(0), index], axis=axis), number=i)


def _gather(call: Call) -> None:
    if call.option("batchDims", 0):
        raise Unsupported("gathers in batches")
    axis = call.axis(int(call.option("axis", 0)), call.rank(0))
    if call.tensor(1).dtype not in ("INT32", "INT64"):
        raise Unsupported(f"has indices of type {call.tensor(1).dtype}")
    indices = call.builder.value(_from_zero(call, call.index(1), call.shape(0)[axis]))
    call.write(call.emit("Gather", [call.value(0), indices], axis=axis))


def _from_zero(call: Call, indices: int, size: int) -> int:
    """The indices i behind "i + size where i < 0, else i", which ONNX's Gather does itself."""
    select = call.builder.writers.get(indices)
    if select is None or select.code != "SELECT_V2" or len(select.inputs) != 3:
        return indices
    condition, moved, given = select.inputs
    less, add = call.builder.writers.get(condition), call.builder.writers.get(moved)
    if less is None or add is None or (less.code, add.code) != ("LESS", "ADD"):
        return indices
    bounds = [_number(call, op.inputs[1]) if len(op.inputs) == 2 and op.inputs[0] == given else None
              for op in (less, add)]
    return given if bounds == [0, size] else indices


def _number(call: Call, index: int) -> int | None:
    """The value of a constant with one element."""
    data = call.builder.tensors[index].data if index >= 0 else None
    return None if data is None or data.size != 1 else int(data.reshape(()))


def _select(call: Call) -> None:
    if call.tensor(0).dtype != "BOOL":
        raise Unsupported(f"chooses by {call.tensor(0).dtype}")
    call.write(call.emit("Where", [call.value(i) for i in range(3)]))


PLUGIN: Importers = {
    "SLICE": _slice, "STRIDED_SLICE": _strided_slice, "SPLIT": _split, "SPLIT_V": _split_v,
    "UNPACK": _unpack, "GATHER": _gather, "SELECT_V2": _select,
}
