"""Pooling over windows and over whole images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.model.handler import Call, Handler
from edgec.model.handlers.convolution import torch_pads, window_pads

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_CONV = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}


def max_pool(call: Call, x: Tensor) -> Tensor:
    """Maximum over each window; padding never wins."""
    rank = x.ndim - 2
    kernel = list(call.get("kernel_shape"))
    pads = window_pads(call, x.shape[2:], kernel)
    more = _ceil_padding(call, x.shape[2:], pads)
    values = x if x.is_floating_point() else x.to(torch.float64)
    values = F.pad(values, torch_pads([(b, e + m) for (b, e), m in zip(pads, more, strict=True)]),
                   value=-math.inf)
    y = _MAX[rank](values, kernel, list(call.get("strides", [1] * rank)), 0,
                   list(call.get("dilations", [1] * rank)))
    return y.to(x.dtype)


def average_pool(call: Call, x: Tensor) -> Tensor:
    """Mean over each window, of its elements or (count_include_pad) of its padding too."""
    pads = window_pads(call, x.shape[2:], call.get("kernel_shape"))
    more = _ceil_padding(call, x.shape[2:], pads)
    ones = torch.ones_like(x[:1, :1])
    counted = torch_pads(pads)
    rest = torch_pads([(0, amount) for amount in more])
    if call.get("count_include_pad", 0):
        ones = F.pad(ones, counted, value=1.0)
    else:
        ones = F.pad(ones, counted)
    total = window_sum(call, F.pad(F.pad(x, counted), rest))
    return total / window_sum(call, F.pad(ones, rest))


def lp_pool(call: Call, x: Tensor) -> Tensor:
    """p-norm of each window."""
    p = call.get("p", 2)
    pads = window_pads(call, x.shape[2:], call.get("kernel_shape"))
    more = _ceil_padding(call, x.shape[2:], pads)
    padded = F.pad(x, torch_pads([(b, e + m) for (b, e), m in zip(pads, more, strict=True)]))
    return window_sum(call, padded.abs().pow(p)).pow(1.0 / p)


def window_sum(call: Call, x: Tensor) -> Tensor:
    """Sum over each window, as a convolution with ones: torch's own pooling has no dilation."""
    rank = x.ndim - 2
    ones = torch.ones(1, 1, *call.get("kernel_shape"), dtype=x.dtype, device=x.device)
    y = _CONV[rank](x.reshape(-1, 1, *x.shape[2:]), ones, None,
                    list(call.get("strides", [1] * rank)), 0,
                    list(call.get("dilations", [1] * rank)))
    return y.reshape(*x.shape[:2], *y.shape[2:])


def _ceil_padding(call: Call, size: Sequence[int], pads: Sequence[tuple[int, int]]) -> list[int]:
    """What to add at the end of each axis so that ceil_mode's last window fits.

    A last window that would begin beyond the input and its leading padding is left out.
    """
    if not call.get("ceil_mode", 0):
        return [0] * len(size)
    rank = len(size)
    more = []
    for n, (begin, end), k, s, d in zip(size, pads, call.get("kernel_shape"),
                                        call.get("strides", [1] * rank),
                                        call.get("dilations", [1] * rank), strict=True):
        padded, reach = n + begin + end, (k - 1) * d + 1
        last = -(-(padded - reach) // s)
        if last * s >= n + begin:
            last -= 1
        more.append(max(last * s + reach - padded, 0))
    return more


def global_average_pool(call: Call, x: Tensor) -> Tensor:
    """Mean over all spatial axes."""
    return x.mean(tuple(range(2, x.ndim)), keepdim=True)


def global_max_pool(call: Call, x: Tensor) -> Tensor:
    """Maximum over all spatial axes."""
    return x.amax(tuple(range(2, x.ndim)), keepdim=True)


def _no_indices(call: Call) -> str:
    return "the second output (indices) is not computed" if call.outputs > 1 else ""


PLUGIN = {
    "MaxPool": Handler(max_pool, refuses=_no_indices),
    "AveragePool": Handler(average_pool),
    "LpPool": Handler(lp_pool),
    "GlobalAveragePool": Handler(global_average_pool),
    "GlobalMaxPool": Handler(global_max_pool),
}
