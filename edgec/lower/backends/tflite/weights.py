"""Weights and bias of conv2d, depthwise_conv2d and fully_connected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.graph import Quantization
from edgec.lower.ops import _linear
from edgec.lower.ops._rules import scale_of


def add(site: Site, builder: Builder) -> list[int]:
    """Indices of the weights as they are, and of the bias."""
    return [builder.tensor(site.input(1).name), bias(site, builder, site.y.shape[-1])]


def add_depthwise(site: Site, builder: Builder) -> list[int]:
    """The same for weights [kh, kw, c], which LiteRT has as [1, kh, kw, c]."""
    w = site.input(1)
    quantization = w.quantization
    if quantization is not None and quantization.axis is not None:
        quantization = replace(quantization, axis=3)
    filters = builder.constant(f"{w.name}:filter", np.asarray(w.data)[None], quantization)
    return [filters, bias(site, builder, w.shape[2])]


def bias(site: Site, builder: Builder, channels: int) -> int:
    """The node's bias with the scale that LiteRT expects; zeros when it has none."""
    given = _linear.bias_of(site.inputs)
    if site.y.dtype != "s8":
        return builder.constant(f"{site.node.name}:bias", np.zeros(channels, np.float32)) \
            if given is None else builder.tensor(given.name)
    data = np.zeros(channels, np.int32) if given is None else np.asarray(given.data, np.int32)
    return builder.constant(f"{site.node.name}:bias", data, _bias_quantization(site))


def _bias_quantization(site: Site) -> Quantization:
    """Input scale · weight scale; per channel if the weights are."""
    w = site.input(1).quantization
    assert w is not None
    axis = None if w.axis is None else 0
    return Quantization(np.float32(scale_of(site.x)) * w.scale, np.zeros_like(w.zero_point), axis)
