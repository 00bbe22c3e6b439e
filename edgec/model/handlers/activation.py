"""Activation functions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from edgec.model.handler import Call, Handler
from edgec.model.handlers.arithmetic import unary


def leaky_relu(call: Call, x: Tensor) -> Tensor:
    """x, or alpha * x below zero."""
    return F.leaky_relu(x, call.get("alpha", 0.01))


def prelu(call: Call, x: Tensor, slope: Tensor) -> Tensor:
    """x, or slope * x below zero; the slope broadcasts to x."""
    return torch.where(x < 0, x * slope, x)


def elu(call: Call, x: Tensor) -> Tensor:
    """x, or alpha * (exp(x) - 1) below zero."""
    return F.elu(x, call.get("alpha", 1.0))


def celu(call: Call, x: Tensor) -> Tensor:
    """x, or alpha * (exp(x / alpha) - 1) below zero."""
    return F.celu(x, call.get("alpha", 1.0))


def selu(call: Call, x: Tensor) -> Tensor:
    """gamma * x, or gamma * alpha * (exp(x) - 1) below zero."""
    alpha, gamma = call.get("alpha", 1.67326319217681884765625), call.get("gamma",
                                                                          1.05070102214813232421875)
    return F.elu(x, alpha).mul(gamma)


def hard_sigmoid(call: Call, x: Tensor) -> Tensor:
    """max(0, min(1, alpha * x + beta))."""
    return torch.clamp(call.get("alpha", 0.2) * x + call.get("beta", 0.5), 0.0, 1.0)


def hard_swish(call: Call, x: Tensor) -> Tensor:
    """x * max(0, min(1, x / 6 + 1/2))."""
    return x * torch.clamp(x / 6.0 + 0.5, 0.0, 1.0)


def swish(call: Call, x: Tensor) -> Tensor:
    """x * sigmoid(alpha * x)."""
    return x * torch.sigmoid(call.get("alpha", 1.0) * x)


def thresholded_relu(call: Call, x: Tensor) -> Tensor:
    """x above alpha, else 0."""
    return torch.where(x > call.get("alpha", 1.0), x, torch.zeros_like(x))


def gelu(call: Call, x: Tensor) -> Tensor:
    """x times the normal distribution function of x, exactly or by the tanh formula."""
    return F.gelu(x, approximate=call.get("approximate", "none"))


def softmax(call: Call, x: Tensor) -> Tensor:
    """exp(x) normalized to sum one along the axis."""
    return torch.softmax(x, call.get("axis", -1))


def log_softmax(call: Call, x: Tensor) -> Tensor:
    """The logarithm of softmax."""
    return torch.log_softmax(x, call.get("axis", -1))


PLUGIN = {
    "Relu": unary(torch.relu),
    "LeakyRelu": Handler(leaky_relu),
    "PRelu": Handler(prelu, trains=(1,)),
    "Elu": Handler(elu),
    "Celu": Handler(celu),
    "Selu": Handler(selu),
    "Sigmoid": unary(torch.sigmoid),
    "HardSigmoid": Handler(hard_sigmoid),
    "HardSwish": Handler(hard_swish),
    "Swish": Handler(swish),
    "Tanh": unary(torch.tanh),
    "Softplus": unary(F.softplus),
    "Softsign": unary(F.softsign),
    "Mish": unary(F.mish),
    "ThresholdedRelu": Handler(thresholded_relu),
    "Gelu": Handler(gelu),
    "Softmax": Handler(softmax),
    "LogSoftmax": Handler(log_softmax),
}
