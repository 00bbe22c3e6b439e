"""The constants that conv2d, depthwise_conv2d and fully_connected have in common."""

from __future__ import annotations

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.native import pack, sparsity
from edgec.lower.backends.native.builder import Builder, bits
from edgec.lower.graph import Array
from edgec.lower.ops import _linear
from edgec.lower.ops._rules import bounds_of, zero_of


def add_s8(site: Site, builder: Builder, layout: str, by_channel: Array, *, wsum: bool = True
           ) -> list[int]:
    """Indices of w, bias, wsum (if wanted), mult.

    by_channel: weights [groups, n, k], or [c, taps] for layout `dw16`.
    """
    return [_weights(site, builder, layout, by_channel),
            *_companions(site, builder, by_channel, wsum=wsum)]


def add_product_s8(site: Site, builder: Builder, by_tap: Array) -> tuple[str, list[int]]:
    """Prefix of the op's name, and indices of its constants: dense or sparse, as costs less.

    by_tap: weights [groups, n, taps, k].
    """
    by_channel = by_tap.reshape(*by_tap.shape[:2], -1)
    taps = sparsity.taps_of(site)
    columns = None if taps is None else sparsity.choose(taps, builder.target.cpu).columns
    if columns is None:
        return "", add_s8(site, builder, "s8_16c4", by_channel)
    packed = pack.s8_block(by_tap[0], columns)
    name = site.input(1).name
    return "sparse_", [builder.constant(f"{name}:s8_block", packed.blocks, "s8_block"),
                       builder.constant(f"{name}:counts", packed.counts),
                       builder.constant(f"{name}:deltas", packed.deltas),
                       *_companions(site, builder, by_channel)]


def _companions(site: Site, builder: Builder, by_channel: Array, *, wsum: bool = True
                ) -> list[int]:
    """Indices of bias, wsum (if wanted), mult."""
    sums = by_channel.sum(axis=-1, dtype=np.int64)
    bias = _bias(site, np.dtype(np.int64), sums.shape) - zero_of(site.x) * sums
    companions = {"bias": bias.astype(np.int32)}
    if wsum:
        companions["wsum"] = sums.astype(np.int32)
    companions["mult"] = _linear.multipliers(site.inputs, site.y, sums.size).reshape(sums.shape)
    return [builder.constant(f"{site.node.name}:{what}", pack.channels_16(values))
            for what, values in companions.items()]


def add_f32(site: Site, builder: Builder, layout: str, by_channel: Array) -> list[int]:
    """Indices of w and bias; zeros when the node has none."""
    bias = _bias(site, np.dtype(np.float32), by_channel.shape[:-1])
    return [_weights(site, builder, layout, by_channel),
            builder.constant(f"{site.node.name}:bias", pack.channels_16(bias))]


def int8_params(site: Site) -> list[int]:
    """zp_in, zp_out, qmin, qmax."""
    return [zero_of(site.x), zero_of(site.y), *bounds_of(site.attributes.clamp, site.y)]


def clamp_params(site: Site) -> list[int]:
    """min, max as bit patterns."""
    return [bits(limit) for limit in site.attributes.clamp]


def window_params(site: Site, kernel: tuple[int, int]) -> list[int]:
    """kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left."""
    attributes = site.attributes
    return [*kernel, *attributes.stride, *attributes.dilation, *attributes.pad[:2]]


def _bias(site: Site, dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> Array:
    bias = _linear.bias_of(site.inputs)
    if bias is None:
        return np.zeros(shape, dtype)
    return np.asarray(bias.data).astype(dtype).reshape(shape)


def _weights(site: Site, builder: Builder, layout: str, by_channel: Array) -> int:
    name = f"{site.input(1).name}:{layout}"
    if layout == "dw16":
        kh, kw, channels = site.input(1).shape
        packed = pack.dw16(by_channel.T.reshape(kh, kw, channels))
    else:
        packed = (pack.s8_16c4 if layout == "s8_16c4" else pack.f32_16)(by_channel)
    return builder.constant(name, packed, layout)
