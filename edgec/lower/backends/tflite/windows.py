"""Sliding windows as LiteRT lays them: SAME, VALID, or VALID over an image that was padded before.

With SAME the output has ceil(image / stride) rows, and the padding that this needs is split evenly,
the odd row below. VALID pads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.records import Padding
from edgec.lower.ops._window import Window


@dataclass(frozen=True)
class Placement:
    """padding: for the operator. border: (top, left, bottom, right) that a pad adds before it."""

    padding: Padding
    border: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def needs_pad(self) -> bool:
        """Whether the image must be padded before."""
        return any(self.border)


def place(window: Window, image: tuple[int, ...], allow_same: bool = True) -> Placement:
    """How to lay `window` over an image [n, h, w, c]."""
    rows = _Line.of(window, image, 0)
    columns = _Line.of(window, image, 1)
    if rows.before == rows.after == columns.before == columns.after == 0:
        return Placement(Padding.VALID)
    if allow_same and rows.is_same and columns.is_same:
        return Placement(Padding.SAME)
    return Placement(Padding.VALID, (rows.before, columns.before, rows.after, columns.after))


@dataclass(frozen=True)
class _Line:
    """One direction: image size, stride, output size; padding before, and after as far as read."""

    size: int
    stride: int
    outputs: int
    before: int
    after: int

    @property
    def is_same(self) -> bool:
        total = self.before + self.after
        return self.outputs == ceil(self.size / self.stride) and self.before == total // 2

    @classmethod
    def of(cls, window: Window, image: tuple[int, ...], axis: int) -> _Line:
        size, stride, before = image[1 + axis], window.stride[axis], window.pad[axis]
        outputs = window.output_size(image[1], image[2])[axis]
        span = (window.kernel[axis] - 1) * window.dilation[axis] + 1
        return cls(size, stride, outputs, before,
                   max((outputs - 1) * stride + span - size - before, 0))


def padded(site: Site, builder: Builder, placement: Placement, fill: Any = None) -> int:
    """The index of the image with the placement's border, of zeros or of number `fill`."""
    x = builder.tensor(site.x.name)
    if not placement.needs_pad:
        return x
    name, (n, height, width, channels) = site.node.name, site.x.shape
    top, left, bottom, right = placement.border
    image = builder.between(f"{name}:padded", site.x, shape=(
        n, top + height + bottom, left + width + right, channels))
    border = builder.int32(f"{name}:border", [[0, 0], [top, bottom], [left, right], [0, 0]])
    if fill is None:
        return builder.operator("PAD", [x, border], image, "PadOptions")
    value = builder.constant(f"{name}:fill", np.asarray([fill]), site.x.quantization)
    return builder.operator("PADV2", [x, border, value], image, "PadV2Options")


def steps(attributes: Any) -> dict[str, int]:
    """Strides and, if there are any, dilations as fields of the options."""
    found = {"strideH": attributes.stride[0], "strideW": attributes.stride[1]}
    if hasattr(attributes, "dilation"):
        found |= {"dilationHFactor": attributes.dilation[0],
                  "dilationWFactor": attributes.dilation[1]}
    return found
