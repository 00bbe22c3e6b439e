"""Repeating a tensor along axes of size 1, as a gather of index 0: any type moves unchanged."""

from __future__ import annotations

import numpy as np

from edgec.lower.onnx_import._call import Call, Unsupported
from edgec.lower.ops.gather import Gather
from edgec.lower.ops.reshape import Reshape


def expanded(call: Call, tensor: str, shape: tuple[int, ...], part: str) -> str:
    """`tensor` broadcast to `shape` by numpy's rules."""
    own = call.shape(tensor)
    if len(own) > len(shape):
        raise Unsupported(f"cannot broadcast {own} to {shape}")
    padded = (1,) * (len(shape) - len(own)) + own
    if padded != own:
        tensor = call.emit(Reshape(padded), [tensor], f"{part}.rank")
    for axis, (have, want) in enumerate(zip(padded, shape, strict=True)):
        if have == want:
            continue
        if have != 1:
            raise Unsupported(f"cannot broadcast {own} to {shape}")
        zeros = call.add_constant(f"{part}.index", np.zeros(want, np.int32))
        tensor = call.emit(Gather(axis), [tensor, zeros], part)
    return tensor
