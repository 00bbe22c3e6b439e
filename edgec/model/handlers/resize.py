"""Resize: nearest, linear and cubic, one axis after the other.

Each output element is a weighted sum of a few input elements (taps) along the axis, so that every
coordinate transformation is one table of indices and weights, and gradients follow by themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edgec.model.handler import Call, Handler, ints

Floats = npt.NDArray[np.float64]


def resize(call: Call, x: Tensor, roi: Tensor | None = None, scales: Tensor | None = None,
           sizes: Tensor | None = None) -> Tensor:
    """x at another size of some axes."""
    dims = [d % x.ndim for d in call.get("axes", range(x.ndim))]
    factors, lengths = _targets(call, [x.shape[d] for d in dims], scales, sizes)
    regions = roi.tolist() if roi is not None and roi.numel() else [0.0, 1.0] * len(dims)
    for i, dim in enumerate(dims):
        size = x.shape[dim]
        region = (regions[i], regions[i + len(dims)]) if roi is not None and roi.numel() \
            else (0.0, 1.0)
        if size == lengths[i] and factors[i] == 1.0 and region == (0.0, 1.0):
            continue
        x = _along(call, x, dim, (lengths[i], factors[i], region))
    return x


def _targets(call: Call, shape: Sequence[int], scales: Tensor | None,
             sizes: Tensor | None) -> tuple[list[float], list[int]]:
    """Scale and length of each resized axis."""
    if sizes is None or sizes.numel() == 0:
        assert scales is not None
        factors = [float(f) for f in scales.tolist()]
        return factors, [math.floor(n * f) for n, f in zip(shape, factors, strict=True)]
    lengths = ints(sizes) or []
    if len(lengths) == len(shape) and not call.get("axes") and call.output_shape \
            and lengths[0] != shape[0] and call.output_shape[0] == lengths[0]:
        lengths = [shape[0], *lengths[1:]]  # a larger batch than the file's
    factors = [m / n for m, n in zip(lengths, shape, strict=True)]
    policy = call.get("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        factor = min(factors) if policy == "not_larger" else max(factors)
        factors = [factor] * len(shape)
        lengths = [math.floor(n * factor + 0.5) for n in shape]
    return factors, lengths


def _along(call: Call, x: Tensor, dim: int, target: tuple[int, float, tuple[float, float]]
           ) -> Tensor:
    length, factor, region = target
    size = x.shape[dim]
    position = _positions(call, size, length, factor, region)
    index, weight = _taps(call, position, size, factor)
    shape = [-1 if d == dim else 1 for d in range(x.ndim)]
    y = None
    for taps, weights in zip(index, weight, strict=True):
        part = x.index_select(dim, torch.from_numpy(taps).to(x.device))
        if len(index) > 1:
            part = part * torch.from_numpy(weights).to(x).reshape(shape)
        y = part if y is None else y + part
    assert y is not None
    if call.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        outside = torch.from_numpy((position < 0) | (position > size - 1)).to(x.device)
        fill = torch.full((), call.get("extrapolation_value", 0.0), dtype=y.dtype, device=x.device)
        y = torch.where(outside.reshape(shape), fill, y)
    return y


def _positions(call: Call, size: int, length: int, factor: float,
               region: tuple[float, float]) -> Floats:
    """Where each output element lies in the input, by the coordinate transformation."""
    mode = call.get("coordinate_transformation_mode", "half_pixel")
    i = np.arange(length, dtype=np.float64)
    if mode == "asymmetric":
        return i / factor
    if mode == "align_corners":  # by the length before rounding down
        return i * (size - 1) / (factor * size - 1) if length > 1 else i * 0.0
    if mode == "pytorch_half_pixel":
        return (i + 0.5) / factor - 0.5 if length > 1 else i * 0.0
    if mode == "half_pixel_symmetric":
        adjustment = length / (factor * size)
        return size / 2 * (1 - adjustment) + (i + 0.5) / factor - 0.5
    if mode == "tf_crop_and_resize":
        start, end = region
        if length > 1:
            return start * (size - 1) + i * (end - start) * (size - 1) / (length - 1)
        return i * 0.0 + 0.5 * (start + end) * (size - 1)
    return (i + 0.5) / factor - 0.5


def _taps(call: Call, position: Floats, size: int,
          factor: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """Indices and weights, both [taps, outputs]."""
    mode = call.get("mode", "nearest")
    if mode == "nearest":
        index = _round(position, call.get("nearest_mode", "round_prefer_floor"))[None]
        return np.clip(index, 0, size - 1), np.ones(index.shape)
    shrink = min(factor, 1.0) if call.get("antialias", 0) else 1.0
    reach = math.ceil((1 if mode == "linear" else 2) / shrink)
    base = np.floor(position).astype(np.int64)
    index = base + np.arange(1 - reach, reach + 1)[:, None]
    distance = np.abs(index - position) * shrink
    weight = np.maximum(1.0 - distance, 0.0) if mode == "linear" else _cubic(
        distance, call.get("cubic_coeff_a", -0.75))
    if call.get("exclude_outside", 0):
        weight = np.where((index < 0) | (index >= size), 0.0, weight)
    if call.get("exclude_outside", 0) or shrink < 1.0:
        weight = weight / weight.sum(0)
    return np.clip(index, 0, size - 1), weight


def _round(position: Floats, mode: str) -> npt.NDArray[np.int64]:
    rounded = {"round_prefer_floor": np.ceil(position - 0.5), "floor": np.floor(position),
               "round_prefer_ceil": np.floor(position + 0.5), "ceil": np.ceil(position)}[mode]
    return rounded.astype(np.int64)


def _cubic(d: Floats, a: float) -> Floats:
    """Keys, Cubic convolution interpolation (1981), equation 15 with parameter a."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


PLUGIN = {"Resize": Handler(resize)}
