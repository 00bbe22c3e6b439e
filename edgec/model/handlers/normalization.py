"""Normalization by statistics of the batch, the layer, groups or neighbours."""

from __future__ import annotations

import onnx_ir as ir
import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.model.handler import Call, Handler
from edgec.model.tensors import torch_type


def batch_normalization(call: Call, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor,
                        variance: Tensor) -> Tensor | tuple[Tensor, ...]:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias for each channel.

    In training the batch's own statistics are used, and the running ones are updated in place as
    torch does: momentum * running + (1 - momentum) * batch, with the unbiased variance.
    """
    epsilon, momentum = call.get("epsilon", 1e-5), call.get("momentum", 0.9)
    if call.get("training_mode", 0):
        return _onnx_training(call, x, scale, bias, (mean, variance))
    if x.ndim == 1:
        x = x.unsqueeze(1)
        return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, epsilon).squeeze(1)
    return F.batch_norm(x, mean, variance, scale, bias, call.training, 1.0 - momentum, epsilon)


def _onnx_training(call: Call, x: Tensor, scale: Tensor, bias: Tensor,
                   running: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """ONNX's own training form: running statistics are outputs, the variance is biased."""
    dims = (0, *range(2, x.ndim))
    mean, variance = x.mean(dims), x.var(dims, correction=0)
    y = F.batch_norm(x, mean, variance, scale, bias, False, 0.0, call.get("epsilon", 1e-5))
    momentum = call.get("momentum", 0.9)
    updated = (old * momentum + new * (1.0 - momentum)
               for old, new in zip(running, (mean, variance), strict=True))
    return (y, *updated)[:call.outputs]


def layer_normalization(call: Call, x: Tensor, scale: Tensor,
                        bias: Tensor | None = None) -> tuple[Tensor, ...]:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias over all axes from `axis`."""
    dims = tuple(range(call.get("axis", -1) % x.ndim, x.ndim))
    wide = x.to(_stash_type(call))
    if call.outputs == 1 and len(scale.shape) == len(dims):
        y = F.layer_norm(wide, [x.shape[i] for i in dims], None, None, call.get("epsilon", 1e-5))
        y = y.to(x.dtype) * scale
        return (y if bias is None else y + bias,)
    mean = wide.mean(dims, keepdim=True)
    inverse = torch.rsqrt(wide.var(dims, keepdim=True, correction=0) + call.get("epsilon", 1e-5))
    y = ((wide - mean) * inverse).to(x.dtype) * scale
    return (y if bias is None else y + bias, mean, inverse)[:call.outputs]


def rms_normalization(call: Call, x: Tensor, scale: Tensor) -> Tensor:
    """x / sqrt(mean(x^2) + epsilon) * scale over all axes from `axis`."""
    dims = tuple(range(call.get("axis", -1) % x.ndim, x.ndim))
    wide = x.to(_stash_type(call))
    inverse = torch.rsqrt((wide * wide).mean(dims, keepdim=True) + call.get("epsilon", 1e-5))
    return (wide * inverse).to(x.dtype) * scale


def _stash_type(call: Call) -> torch.dtype:
    return torch_type(ir.DataType(call.get("stash_type", 1)))


def instance_normalization(call: Call, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Each channel of each sample by its own statistics."""
    return F.instance_norm(x, None, None, scale, bias, True, 0.0, call.get("epsilon", 1e-5))


def group_normalization(call: Call, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Groups of channels by their own statistics; before opset 21 the scale is per group."""
    groups = call.get("num_groups")
    if scale.shape[0] != x.shape[1]:
        repeat = x.shape[1] // groups
        scale, bias = scale.repeat_interleave(repeat), bias.repeat_interleave(repeat)
    return F.group_norm(x, groups, scale, bias, call.get("epsilon", 1e-5))


def local_response_normalization(call: Call, x: Tensor) -> Tensor:
    """x / (bias + alpha / size * sum of x^2 over neighbouring channels)^beta."""
    return F.local_response_norm(x, call.get("size"), call.get("alpha", 1e-4),
                                 call.get("beta", 0.75), call.get("bias", 1.0))


def lp_normalization(call: Call, x: Tensor) -> Tensor:
    """x divided by its p-norm along the axis; zero where the norm is zero."""
    norm = torch.linalg.vector_norm(x, call.get("p", 2), call.get("axis", -1), keepdim=True)
    return torch.where(norm == 0, torch.zeros_like(x), x / norm)


def mean_variance_normalization(call: Call, x: Tensor) -> Tensor:
    """(x - mean) / standard deviation over the axes."""
    dims = tuple(call.get("axes", (0, 2, 3)))
    centred = x - x.mean(dims, keepdim=True)
    return centred / (torch.sqrt((centred * centred).mean(dims, keepdim=True)) + 1e-9)


PLUGIN = {
    "BatchNormalization": Handler(batch_normalization, trains=(1, 2)),
    "LayerNormalization": Handler(layer_normalization, trains=(1, 2)),
    "RMSNormalization": Handler(rms_normalization, trains=(1,)),
    "InstanceNormalization": Handler(instance_normalization, trains=(1, 2)),
    "GroupNormalization": Handler(group_normalization, trains=(1, 2)),
    "LRN": Handler(local_response_normalization),
    "LpNormalization": Handler(lp_normalization),
    "MeanVarianceNormalization": Handler(mean_variance_normalization),
}
