"""Weights and bias of conv2d, depthwise_conv2d and fully_connected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgec.format import few_bits
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import sparse
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.graph import Quantization
from edgec.lower.ops import _linear
from edgec.lower.ops._rules import scale_of
from edgec.lower.ops.fully_connected import FullyConnected


def add(site: Site, builder: Builder) -> list[int]:
    """Indices of the weights as they are, or sparse if asked for, and of the bias."""
    blocks = sparse.blocks_of(site) if builder.densify else None
    weights = (builder.tensor(site.input(1).name) if blocks is None else
               builder.densified(site.input(1), blocks))
    return [weights, bias(site, builder, site.y.shape[-1])]


def add_matrix(site: Site, builder: Builder) -> list[int]:
    """The same for a fully connected layer, whose weights may take four bits."""
    if not in_four_bits(site):
        return add(site, builder)
    return [builder.four_bits(site.input(1)), bias(site, builder, site.y.shape[-1])]


def in_four_bits(site: Site) -> bool:
    """Whether the weights of a fully connected layer are stored in four bits.

    LiteRT 2.3 takes such weights in convolutions, too, and with rows of odd length, but not in
    XNNPACK: its own kernels round otherwise.
    """
    if not isinstance(site.attributes, FullyConnected) or site.y.dtype != "s8":
        return False
    w = site.input(1)
    return (w.data is not None and w.shape[-1] % 2 == 0
            and few_bits.narrowest(np.asarray(w.data)) in ("s2", "s3", "s4"))


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
