"""Sliding windows over NHWC images: sizes, and one view of the image per kernel tap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array
from edgec.lower.ops._rules import check_shapes


@dataclass(frozen=True)
class Window:
    """kernel, stride, dilation: (height, width). pad: (top, left, bottom, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    pad: tuple[int, int, int, int]

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """floor((size + pads - span) / stride) + 1 in each direction; LoweringError below 1."""
        spans = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        rows = (height + self.pad[0] + self.pad[2] - spans[0]) // self.stride[0] + 1
        columns = (width + self.pad[1] + self.pad[3] - spans[1]) // self.stride[1] + 1
        check_shapes(rows > 0 and columns > 0,
                     f"a {spans[0]}×{spans[1]} window does not fit a {height}×{width} image "
                     f"with padding {self.pad}; make the image or the padding larger.")
        return rows, columns

    def taps(self, x: Array, fill: float) -> Iterator[tuple[int, int, Array]]:
        """(ky, kx, view of x[n, oh, ow, c] at that tap); outside the image is `fill`."""
        top, left, bottom, right = self.pad
        rows, columns = self.output_size(x.shape[1], x.shape[2])
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)),
                        constant_values=np.asarray(fill, x.dtype))
        for ky in range(self.kernel[0]):
            y = ky * self.dilation[0]
            for kx in range(self.kernel[1]):
                z = kx * self.dilation[1]
                yield ky, kx, padded[:, y:y + (rows - 1) * self.stride[0] + 1:self.stride[0],
                                     z:z + (columns - 1) * self.stride[1] + 1:self.stride[1]]

    def counts(self, height: int, width: int) -> Array:
        """How many taps lie inside the image, int32[oh, ow]."""
        ones = np.ones((1, height, width, 1), np.int32)
        return np.asarray(np.sum([tap[0, :, :, 0] for _, _, tap in self.taps(ones, 0)], axis=0),
                          np.int32)


def check_image(op: str, shape: tuple[int, ...]) -> None:
    """LoweringError unless `shape` is [n, h, w, c]."""
    check_shapes(len(shape) == 4, f"{op} needs an image of rank 4 (NHWC), not shape {shape}.")


def pool_shape(op: str, window: Window, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The output [n, oh, ow, c] of a pool; LoweringError when a window could be all padding."""
    check_image(op, shape)
    top, left, bottom, right = window.pad
    fits = max(top, bottom) < window.kernel[0] and max(left, right) < window.kernel[1]
    check_shapes(fits, f"{op}: padding {window.pad} must be smaller than the kernel "
                       f"{window.kernel}, or a window would lie outside the image.")
    return (shape[0], *window.output_size(shape[1], shape[2]), shape[3])
