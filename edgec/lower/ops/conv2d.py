"""2-D convolution, grouped or not."""

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
class Conv2d:
    """stride, dilation: (height, width). pad: (top, left, bottom, right). clamp: real."""

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1
    clamp: tuple[float, float] = (-math.inf, math.inf)


def window(attributes: Conv2d, weight: Tensor) -> Window:
    """The sliding window of weights [o, kh, kw, c / groups]."""
    return Window((weight.shape[1], weight.shape[2]), attributes.stride, attributes.dilation,
                  attributes.pad)


class Conv2dOp(Op):
    """y[n,y,x,o] = clamp(b[o] + Σ x[n, y·s+ky·d−pad, x·s+kx·d−pad, c] · w[o,ky,kx,c])."""

    attributes = Conv2d

    def shapes(self, attributes: Conv2d, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """[n, oh, ow, o]."""
        x, w = _rules.need(inputs[0]), _rules.need(inputs[1])
        check_image("conv2d", x.shape)
        groups = attributes.groups
        fits = (len(w.shape) == 4 and groups >= 1 and w.shape[0] % groups == 0
                and x.shape[3] == w.shape[3] * groups)
        _rules.check_shapes(fits, f"conv2d: weights {w.shape} in {groups} group(s) do not fit "
                                  f"an image of shape {x.shape}; {w.name!r} must be "
                                  "[o, kh, kw, c / groups] with o divisible by groups.")
        rows, columns = window(attributes, w).output_size(x.shape[1], x.shape[2])
        return [(x.shape[0], rows, columns, w.shape[0])]

    def broken_rules(self, attributes: Conv2d, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Symmetric constant weights, s32 bias, multiplier and accumulator in range."""
        return _linear.broken_rules(inputs, outputs, axis=0)

    def reference(self, attributes: Conv2d, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """By taps, in float64: exact for integers, whose sums stay below 2^53."""
        x, w = np.asarray(values[0]), np.asarray(values[1])
        zero = _rules.zero_of(_rules.need(inputs[0])) if x.dtype == np.int8 else 0
        shifted = x.astype(np.float64) - zero
        acc = _accumulate(shifted, w, window(attributes, _rules.need(inputs[1])), attributes.groups)
        return [_linear.finish(acc, attributes.clamp, values, inputs, outputs)]

    def macs(self, attributes: Conv2d, inputs: Sequence[Tensor | None],
             outputs: Sequence[Tensor]) -> int:
        """Output elements times the depth of a filter, padding included."""
        return outputs[0].size * math.prod(_rules.need(inputs[1]).shape[1:])


def _accumulate(x: Array, w: Array, window_: Window, groups: int) -> Array:
    """Σ over the taps of one batched matrix product per tap: float64[n, oh, ow, o]."""
    depth, channels = w.shape[3], w.shape[0]
    by_tap = w.astype(np.float64).reshape(groups, channels // groups, *w.shape[1:])
    acc: Array | None = None
    for ky, kx, tap in window_.taps(x, 0.0):
        rows = tap.reshape(-1, groups, depth).transpose(1, 0, 2)
        product = rows @ by_tap[:, :, ky, kx].transpose(0, 2, 1)
        acc = product if acc is None else acc + product
        shape = tap.shape[:3]
    assert acc is not None
    return np.ascontiguousarray(acc.transpose(1, 0, 2)).reshape(*shape, channels)


PLUGIN = Conv2dOp()
