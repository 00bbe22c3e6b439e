"""2-D convolution of each channel with its own filter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _linear, _rules
from edgec.lower.ops._window import Window, check_image


@dataclass(frozen=True)
class DepthwiseConv2d:
    """stride, dilation: (height, width). pad: (top, left, bottom, right). clamp: real."""

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    clamp: tuple[float, float] = (-math.inf, math.inf)


def window(attributes: DepthwiseConv2d, weight: Tensor) -> Window:
    """The sliding window of weights [kh, kw, c]."""
    return Window((weight.shape[0], weight.shape[1]), attributes.stride, attributes.dilation,
                  attributes.pad)


class DepthwiseConv2dOp(Op):
    """y[n,y,x,c] = clamp(b[c] + Σ x[n, y·s+ky·d−pad, x·s+kx·d−pad, c] · w[ky,kx,c])."""

    attributes = DepthwiseConv2d

    def shapes(self, attributes: DepthwiseConv2d, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """[n, oh, ow, c]."""
        x, w = _rules.need(inputs[0]), _rules.need(inputs[1])
        check_image("depthwise_conv2d", x.shape)
        _rules.check_shapes(len(w.shape) == 3 and w.shape[2] == x.shape[3],
                            f"depthwise_conv2d: weights {w.shape} do not fit an image of shape "
                            f"{x.shape}; {w.name!r} must be [kh, kw, c].")
        rows, columns = window(attributes, w).output_size(x.shape[1], x.shape[2])
        return [(x.shape[0], rows, columns, x.shape[3])]

    def broken_rules(self, attributes: DepthwiseConv2d, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Symmetric constant weights, s32 bias, multiplier and accumulator in range."""
        return _linear.broken_rules(inputs, outputs, axis=2)

    def reference(self, attributes: DepthwiseConv2d, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """By taps, in float64: exact for integers."""
        x, w = np.asarray(values[0]), np.asarray(values[1]).astype(np.float64)
        zero = _rules.zero_of(_rules.need(inputs[0])) if x.dtype == np.int8 else 0
        acc = np.zeros(outputs[0].shape, np.float64)
        sliding = window(attributes, _rules.need(inputs[1]))
        for ky, kx, tap in sliding.taps(x.astype(np.float64) - zero, 0.0):
            acc += tap * w[ky, kx]
        return [_linear.finish(acc, attributes.clamp, values, inputs, outputs)]

    def macs(self, attributes: DepthwiseConv2d, inputs: Sequence[Tensor | None],
             outputs: Sequence[Tensor]) -> int:
        """Output elements times the taps of a filter, padding included."""
        return outputs[0].size * math.prod(_rules.need(inputs[1]).shape[:2])


PLUGIN = DepthwiseConv2dOp()
