"""Average over a sliding window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules
from edgec.lower.ops._window import Window, pool_shape


@dataclass(frozen=True)
class AveragePool2d:
    """kernel, stride: (height, width). pad: (top, left, bottom, right), each below the kernel.

    count_include_pad: divide by kh · kw everywhere, not by the number of taps inside the image.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    count_include_pad: bool = False

    def window(self) -> Window:
        """The sliding window."""
        return Window(self.kernel, self.stride, (1, 1), self.pad)


class AveragePool2dOp(Op):
    """y[n,y,x,c] = Σ over the taps inside the image of x / count."""

    attributes = AveragePool2d

    def shapes(self, attributes: AveragePool2d, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """[n, oh, ow, c]."""
        return [pool_shape("average_pool2d", attributes.window(), _rules.need(inputs[0]).shape)]

    def broken_rules(self, attributes: AveragePool2d, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization, multiplier in range for every count, window below 2^31 / 255."""
        if not _rules.has_int8(inputs, outputs):
            return
        broken = list(_rules.per_tensor(_rules.need(inputs[0]), outputs[0]))
        taps = math.prod(attributes.kernel)
        if not broken:
            mult = _rules.ratio(_rules.need(inputs[0]), outputs[0])
            broken += _rules.multiplier_fits(np.asarray([mult, mult / np.float32(taps)]))
        yield from [*broken, *_rules.sum_fits(taps)]

    def reference(self, attributes: AveragePool2d, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Sums by taps, divided by the counts: in the multiplier for s8."""
        x, window, output = np.asarray(values[0]), attributes.window(), outputs[0]
        integer = output.dtype == "s8"
        zero = _rules.zero_of(_rules.need(inputs[0])) if integer else 0
        shifted = x.astype(np.float64) - zero
        acc = np.zeros(output.shape, shifted.dtype)
        for _, _, tap in window.taps(shifted, 0):
            acc += tap
        counts = window.counts(x.shape[1], x.shape[2])[:, :, None]
        if attributes.count_include_pad:
            counts = np.full_like(counts, math.prod(attributes.kernel))
        if not integer:
            return [np.asarray(acc / counts, np.float32)]
        mult = _rules.ratio(_rules.need(inputs[0]), output) / counts.astype(np.float32)
        return [numerics.requantize(acc, mult, _rules.zero_of(output))]


PLUGIN = AveragePool2dOp()
