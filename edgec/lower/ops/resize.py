"""Images scaled to another size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules
from edgec.lower.ops._movement import Movement
from edgec.lower.ops._window import check_image

HALF = Fraction(1, 2)
MODES = ("nearest", "linear")
COORDINATES = ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
ROUNDINGS = ("floor", "round_prefer_floor", "ceil", "round_prefer_ceil")


@dataclass(frozen=True)
class Resize:
    """size: output (height, width). The other names are those of ONNX's Resize.

    coordinates: where an output pixel lies in the input. rounding: of `nearest` only.
    """

    size: tuple[int, int]
    mode: str = "nearest"
    coordinates: str = "half_pixel"
    rounding: str = "round_prefer_floor"

    def nearest_taps(self, image: tuple[int, int]) -> tuple[Array, Array]:
        """(iy s32[oh], ix s32[ow]) for an input image of (height, width)."""
        iy, ix = (np.asarray([_round(p, self.rounding, dim) for p in self._positions(dim, out)],
                             np.int32) for dim, out in zip(image, self.size, strict=True))
        return iy, ix

    def linear_taps(self, image: tuple[int, int]) -> tuple[Array, Array, Array, Array]:
        """(iy s32[oh, 2], wy f32[oh], ix s32[ow, 2], wx f32[ow]): both taps, second's weight."""
        tables: list[Array] = []
        for dim, out in zip(image, self.size, strict=True):
            inside = [min(max(p, Fraction(0)), Fraction(dim - 1))
                      for p in self._positions(dim, out)]
            taps = [(floor(p), min(floor(p) + 1, dim - 1)) for p in inside]
            weights = [float(p - floor(p)) for p in inside]
            tables += [np.asarray(taps, np.int32), np.asarray(weights, np.float32)]
        iy, wy, ix, wx = tables
        return iy, wy, ix, wx

    def _positions(self, dim: int, out: int) -> list[Fraction]:
        """Exact input coordinate of each output index."""
        scale = Fraction(dim, out)
        if self.coordinates == "asymmetric":
            return [i * scale for i in range(out)]
        if self.coordinates == "align_corners":
            return [i * Fraction(dim - 1, max(out - 1, 1)) for i in range(out)]
        if self.coordinates == "pytorch_half_pixel" and out == 1:
            return [Fraction(0)]
        return [(i + HALF) * scale - HALF for i in range(out)]


def _round(position: Fraction, rounding: str, dim: int) -> int:
    index = {"floor": floor(position), "ceil": ceil(position),
             "round_prefer_floor": ceil(position - HALF),
             "round_prefer_ceil": floor(position + HALF)}[rounding]
    return min(max(index, 0), dim - 1)


class ResizeOp(Movement):
    """y = x at the nearest pixel, or the bilinear mean of the four pixels around it."""

    attributes = Resize

    def shapes(self, attributes: Resize, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """[n, oh, ow, c]."""
        x = _rules.need(inputs[0])
        check_image("resize", x.shape)
        for value, known in ((attributes.mode, MODES), (attributes.coordinates, COORDINATES),
                             (attributes.rounding, ROUNDINGS)):
            _rules.check_shapes(value in known, f"resize: no {value!r}; there are: "
                                                f"{', '.join(known)}.")
        _rules.check_shapes(min(attributes.size) > 0, f"resize: size {attributes.size} must be "
                                                      "positive.")
        return [(x.shape[0], *attributes.size, x.shape[3])]

    def broken_rules(self, attributes: Resize, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Input and output quantized alike."""
        return super().broken_rules(attributes, inputs[:1], outputs)

    def reference(self, attributes: Resize, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Taps from the tables; bilinear in float32, for s8 too."""
        x = np.asarray(values[0])
        image = (x.shape[1], x.shape[2])
        if attributes.mode == "nearest":
            iy, ix = attributes.nearest_taps(image)
            return [x[:, iy][:, :, ix]]
        y = _bilinear(x.astype(np.float32), *attributes.linear_taps(image))
        return [numerics.round_and_clamp(y, 0) if x.dtype == np.int8 else y]


def _bilinear(x: Array, iy: Array, wy: Array, ix: Array, wx: Array) -> Array:
    """Rows first, then columns: p0 + (p1 − p0) · w, each step rounded to float32."""
    left, right = x[:, :, ix[:, 0]], x[:, :, ix[:, 1]]
    rows = left + (right - left) * wx[:, None]
    top, bottom = rows[:, iy[:, 0]], rows[:, iy[:, 1]]
    return np.asarray(top + (bottom - top) * wy[:, None, None], np.float32)


PLUGIN = ResizeOp()
