"""Resize and Upsample of images: to the nearest pixel or linear."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgec.lower.onnx_import._call import Call, Importers, Unsupported, normal_axis
from edgec.lower.onnx_import._image import from_nhwc, to_nhwc
from edgec.lower.ops.resize import Resize

_COORDINATES = ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")


def _resize(call: Call) -> Sequence[str]:
    x, rank = call.input(0), call.rank(call.input(0))
    mode = call.text("mode", "nearest")
    if mode not in ("nearest", "linear"):
        raise Unsupported(f"has mode {mode!r}; nearest and linear are supported")
    if call.int("antialias", 0):
        raise Unsupported("uses antialias")
    # Opset 10 has no coordinate modes; its formula is the asymmetric one.
    coordinates = call.text("coordinate_transformation_mode",
                            "half_pixel" if call.opset >= 11 else "asymmetric")
    if coordinates not in _COORDINATES:
        raise Unsupported(f"has coordinates {coordinates!r}; there are: {', '.join(_COORDINATES)}")
    rounding = call.text("nearest_mode", "round_prefer_floor" if call.opset >= 11 else "floor")
    scales, sizes = (2, 3) if call.opset >= 11 else (1, 9)
    shape = _target(call, scales, sizes)
    return [_emit(call, x, rank, Resize(_spatial(call, shape, rank), mode, coordinates, rounding))]


def _emit(call: Call, x: str, rank: int, attributes: Resize) -> str:
    return from_nhwc(call, call.emit(attributes, [to_nhwc(call, x)]), rank)


def _target(call: Call, scales: int, sizes: int) -> tuple[int, ...]:
    """The output shape, from sizes or from scales that give whole sizes."""
    shape = list(call.shape(call.input(0)))
    axes = [normal_axis(a, len(shape)) for a in call.ints("axes", tuple(range(len(shape))))]
    if call.has(sizes) and call.constant(sizes, "sizes").size:
        if call.text("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise Unsupported("keeps the aspect ratio")
        values = call.constant(sizes, "sizes").reshape(-1).tolist()
    else:
        factors = call.constant(scales, "scales").reshape(-1).astype(np.float64)
        values = [_scaled(shape[a], f) for a, f in zip(axes, factors, strict=True)]
    for axis, value in zip(axes, values, strict=True):
        shape[axis] = int(value)
    return tuple(shape)


def _scaled(size: int, factor: float) -> int:
    """Size times factor; where that is not whole, ONNX samples by the factor, not by the sizes."""
    exact = size * factor
    result = math.floor(exact + 1e-5 * size)
    if abs(exact - result) > 1e-5 * size:
        raise Unsupported(f"scales {size} by {factor:g}, which is not a whole size")
    return result


def _spatial(call: Call, target: tuple[int, ...], rank: int) -> tuple[int, int]:
    shape = call.shape(call.input(0))
    if rank not in (3, 4) or target[:2] != shape[:2]:
        raise Unsupported(f"resizes {shape} to {target}; only an image's height and width can be")
    return (1, target[2]) if rank == 3 else (target[2], target[3])


def _upsample(call: Call) -> Sequence[str]:
    """Upsample is Resize with asymmetric coordinates and rounding down."""
    mode = call.text("mode", "nearest")
    if mode not in ("nearest", "linear"):
        raise Unsupported(f"has mode {mode!r}; nearest and linear are supported")
    x, rank = call.input(0), call.rank(call.input(0))
    factors = (call.node.attributes.get_floats("scales", None)
               or call.constant(1, "scales").reshape(-1).tolist())
    shape = tuple(_scaled(n, float(f)) for n, f in zip(call.shape(x), factors, strict=True))
    attributes = Resize(_spatial(call, shape, rank), mode, "asymmetric", "floor")
    return [_emit(call, x, rank, attributes)]


PLUGIN: Importers = {"Resize": _resize, "Upsample": _upsample}
