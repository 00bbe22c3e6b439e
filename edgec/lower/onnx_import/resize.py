"""Resize of images: to the nearest pixel or linear."""

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
    if call.integer("antialias", 0):
        raise Unsupported("uses antialias")
    coordinates = call.text("coordinate_transformation_mode", "half_pixel")
    if coordinates not in _COORDINATES:
        raise Unsupported(f"has coordinates {coordinates!r}; there are: {', '.join(_COORDINATES)}")
    rounding = call.text("nearest_mode", "round_prefer_floor")
    size = _spatial(call, _target(call), rank)
    image = to_nhwc(call, x)
    return [from_nhwc(call, call.emit(Resize(size, mode, coordinates, rounding), [image]), rank)]


def _target(call: Call) -> tuple[int, ...]:
    """The output shape, from sizes or from scales that give whole sizes."""
    shape = list(call.shape(call.input(0)))
    axes = [normal_axis(a, len(shape)) for a in call.ints("axes", tuple(range(len(shape))))]
    if call.has(3) and call.constant(3, "sizes").size:
        if call.text("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise Unsupported("keeps the aspect ratio")
        values = call.constant(3, "sizes").reshape(-1).tolist()
    else:
        factors = call.constant(2, "scales").reshape(-1).astype(np.float64)
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


PLUGIN: Importers = {"Resize": _resize}
