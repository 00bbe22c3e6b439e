"""Conv and ConvTranspose in one, two or three dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.model.handler import Call, Handler

_CONV = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_TRANSPOSED = {1: torch.conv_transpose1d, 2: torch.conv_transpose2d, 3: torch.conv_transpose3d}


def window_pads(call: Call, size: Sequence[int], kernel: Sequence[int]) -> list[tuple[int, int]]:
    """(begin, end) padding of each spatial axis, from `pads` or `auto_pad`.

    SAME: the output has ceil(size / stride) elements; an odd padding is at the end (SAME_UPPER) or
    at the beginning (SAME_LOWER).
    """
    rank = len(size)
    mode = call.get("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = call.get("pads", [0] * (2 * rank))
        return [(pads[i], pads[i + rank]) for i in range(rank)]
    if mode == "VALID":
        return [(0, 0)] * rank
    strides, dilations = call.get("strides", [1] * rank), call.get("dilations", [1] * rank)
    pads = []
    for n, k, s, d in zip(size, kernel, strides, dilations, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pads.append((total // 2, total - total // 2) if mode == "SAME_UPPER"
                    else (total - total // 2, total // 2))
    return pads


def torch_pads(pads: Sequence[tuple[int, int]]) -> list[int]:
    """Padding in the order of torch's pad: last axis first."""
    return [amount for pair in reversed(pads) for amount in pair]


def conv(call: Call, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """y = sum over channel group and kernel of x * w, plus b."""
    rank = x.ndim - 2
    pads = window_pads(call, x.shape[2:], w.shape[2:])
    if all(begin == end for begin, end in pads):
        padding = [begin for begin, _ in pads]
    else:
        x, padding = F.pad(x, torch_pads(pads)), [0] * rank
    return _CONV[rank](x, w, b, list(call.get("strides", [1] * rank)), padding,
                       list(call.get("dilations", [1] * rank)), call.get("group", 1))


def conv_transpose(call: Call, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """The gradient of a convolution with respect to its input, as a layer."""
    rank = x.ndim - 2
    strides = list(call.get("strides", [1] * rank))
    dilations = list(call.get("dilations", [1] * rank))
    full = _TRANSPOSED[rank](x, w, None, strides, [0] * rank, [0] * rank, call.get("group", 1),
                             dilations)
    extra = list(call.get("output_padding", [0] * rank))
    pads = _transposed_pads(call, x.shape[2:], full.shape[2:], extra)
    y = F.pad(full, torch_pads([(-begin, more - end)
                                for (begin, end), more in zip(pads, extra, strict=True)]))
    return y if b is None else y + b.reshape(-1, *[1] * rank)


def _transposed_pads(call: Call, size: Sequence[int], full: Sequence[int],
                     extra: Sequence[int]) -> list[tuple[int, int]]:
    rank = len(size)
    mode = call.get("auto_pad", "NOTSET")
    wanted = call.get("output_shape")
    if wanted is None and mode in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [n * s for n, s in zip(size, call.get("strides", [1] * rank), strict=True)]
    if wanted is None:
        return window_pads(call, size, [1] * rank)
    pads = []
    for total in (f + e - n for f, e, n in zip(full, extra, wanted[-rank:], strict=True)):
        half = total // 2
        pads.append((half, total - half) if mode == "SAME_UPPER" else (total - half, half))
    return pads


PLUGIN = {
    "Conv": Handler(conv, trains=(1, 2)),
    "ConvTranspose": Handler(conv_transpose, trains=(1, 2)),
}
