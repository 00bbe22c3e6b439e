"""Sliding windows: kernel, strides, and padding in numbers, from SAME or VALID."""

from __future__ import annotations

from typing import Any

from edgec.model.tflite_import._call import Call
from edgec.model.tflite_import._graph import Unsupported

_SAME, _VALID = 0, 1
_LARGEST = 2**20


def steps(call: Call) -> tuple[tuple[int, int], tuple[int, int]]:
    """Strides and dilations, (vertical, horizontal)."""
    stride = positive(call, "strideH"), positive(call, "strideW")
    return stride, (positive(call, "dilationHFactor", 1), positive(call, "dilationWFactor", 1))


def positive(call: Call, name: str, default: int | None = None) -> int:
    """An option that must be a number from 1 on."""
    value = int(call.option(name, default))
    if not 1 <= value <= _LARGEST:
        raise Unsupported(f"has {name} {value}")
    return value


def attributes(call: Call, image: tuple[int, ...], kernel: tuple[int, int]) -> dict[str, Any]:
    """ONNX's attributes of a window over an image [n, h, w, c].

    SAME makes ceil(size / stride) outputs; the padding that this takes is split evenly, an odd row
    or column goes to the end.
    """
    stride, dilation = steps(call)
    mode = call.option("padding")
    if mode not in (_SAME, _VALID):
        raise Unsupported(f"has padding {mode}")
    starts, ends = [], []
    for size, taps, step, apart in zip(image[1:3], kernel, stride, dilation, strict=True):
        span = (taps - 1) * apart + 1
        total = max((-(-size // step) - 1) * step + span - size, 0) if mode == _SAME else 0
        if span > size + total:
            raise Unsupported(f"has a window of {span} over {size} pixels")
        starts.append(total // 2)
        ends.append(total - total // 2)
    return {"kernel_shape": list(kernel), "strides": list(stride), "pads": [*starts, *ends]} \
        | ({"dilations": list(dilation)} if dilation != (1, 1) else {})
