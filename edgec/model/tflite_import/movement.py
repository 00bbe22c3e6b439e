"""Operators that change where values are: transposes, joins, paddings."""

from __future__ import annotations

import numpy as np

from edgec.model.tflite_import._call import Call, Importer, Importers
from edgec.model.tflite_import._file import Array
from edgec.model.tflite_import._graph import NCHW, TO_NCHW, Unsupported
from edgec.model.tflite_import._window import positive


def _transpose(call: Call) -> None:
    perm = call.ints(1, "axes")
    if sorted(perm) != list(range(call.rank(0))):
        raise Unsupported(f"has the axes {list(perm)} for rank {call.rank(0)}")
    call.write(call.emit("Transpose", [call.value(0)], perm=perm))


def _concatenation(call: Call) -> None:
    layout, count = call.layout(), len(call.operator.inputs)
    axis = call.axis(int(call.option("axis")), len(call.output().shape))
    axis = TO_NCHW.index(axis) if layout == NCHW else axis
    if layout == NCHW and any(call.tensor(i).data is not None and call.rank(i) != 4
                              for i in range(count)):
        raise Unsupported("joins tensors of different ranks")
    y = call.emit("Concat", [call.value(i, layout) for i in range(count)], axis=axis)
    call.write(call.activated(y), layout)


def _pack(call: Call) -> None:
    """Tensors of one shape along a new axis."""
    axis = call.axis(int(call.option("axis")), len(call.output().shape))
    shape = (*call.output().shape[:axis], 1, *call.output().shape[axis + 1:])
    parts = [call.emit("Reshape", [call.value(i), call.integers("shape", shape)])
             for i in range(len(call.operator.inputs))]
    call.write(call.emit("Concat", parts, axis=axis))


def _pad(call: Call) -> None:
    """With zeros, or in PADV2 with its third input."""
    layout, rank = call.layout(0), call.rank(0)
    widths = np.asarray(call.ints(1, "widths"), np.int64)
    if widths.size != 2 * rank or widths.min(initial=0) < 0:
        raise Unsupported(f"pads rank {rank} by {widths.tolist()}")
    widths = widths.reshape(-1, 2)
    if layout == NCHW:
        widths = widths[list(TO_NCHW)]
    inputs = [call.value(0, layout), call.integers("pads", widths.T.reshape(-1).tolist())]
    if call.has(2):
        inputs.append(call.constant("fill", _fill(call)))
    call.write(call.emit("Pad", inputs), layout)


def _fill(call: Call) -> Array:
    """The real number that fills."""
    data, scales = call.data(2, "numbers to pad with"), call.tensor(2).scales
    if data.size != 1:
        raise Unsupported(f"pads with {data.size} numbers")
    if scales is None or not call.tensor(2).quantized:
        return data.reshape(())
    integer = np.float32(int(data.reshape(())) - int(scales.zero_point[0]))
    return np.asarray(integer * scales.scale[0], np.float32)


def _tile(call: Call) -> None:
    repeats = call.ints(1, "repeats")
    if len(repeats) != call.rank(0) or min(repeats, default=1) < 1:
        raise Unsupported(f"repeats {list(call.shape(0))} by {list(repeats)}")
    call.write(call.emit("Tile", [call.value(0), call.integers("repeats", repeats)]))


def _broadcast_to(call: Call) -> None:
    shape = call.integers("shape", call.output().shape)
    call.write(call.emit("Expand", [call.value(0), shape]))


def _blocks(op: str) -> Importer:
    """Between pixels and channels; the channels of a block lie outside those of the image."""
    def importer(call: Call) -> None:
        call.rank(0, 4)
        size = positive(call, "blockSize")
        if op == "DepthToSpace":
            y = call.emit(op, [call.value(0, NCHW)], blocksize=size, mode="DCR")
        else:
            y = call.emit(op, [call.value(0, NCHW)], blocksize=size)
        call.write(y, NCHW)
    return importer


PLUGIN: Importers = {
    "TRANSPOSE": _transpose, "CONCATENATION": _concatenation, "PACK": _pack, "PAD": _pad,
    "PADV2": _pad, "TILE": _tile, "BROADCAST_TO": _broadcast_to,
    "DEPTH_TO_SPACE": _blocks("DepthToSpace"), "SPACE_TO_DEPTH": _blocks("SpaceToDepth"),
}
