"""Maximum over a sliding window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules
from edgec.lower.ops._window import Window, pool_shape


@dataclass(frozen=True)
class MaxPool2d:
    """kernel, stride: (height, width). pad: (top, left, bottom, right), each below the kernel."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)


class MaxPool2dOp(Op):
    """y[n,y,x,c] = max over the taps inside the image of x[n, y·s+ky−pad, x·s+kx−pad, c]."""

    attributes = MaxPool2d

    def shapes(self, attributes: MaxPool2d, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """[n, oh, ow, c]."""
        window = Window(attributes.kernel, attributes.stride, (1, 1), attributes.pad)
        return [pool_shape("max_pool2d", window, _rules.need(inputs[0]).shape)]

    def broken_rules(self, attributes: MaxPool2d, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Input and output quantized alike."""
        return _rules.moves_int8(inputs[:1], outputs)

    def reference(self, attributes: MaxPool2d, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """By taps; outside the image counts as the lowest value."""
        x = np.asarray(values[0])
        lowest = -np.inf if x.dtype == np.float32 else np.iinfo(x.dtype).min
        window = Window(attributes.kernel, attributes.stride, (1, 1), attributes.pad)
        y = np.full(outputs[0].shape, lowest, x.dtype)
        for _, _, tap in window.taps(x, lowest):
            np.maximum(y, tap, out=y)
        return [y]


PLUGIN = MaxPool2dOp()
