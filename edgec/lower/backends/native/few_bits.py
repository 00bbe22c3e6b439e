"""Which constants a file has in few bits: where weights need fewer than 8, every one that can be.

A file of 8-bit weights is left alone: it is mapped and used in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgec.format import few_bits
from edgec.format.plan_file import TensorRecord
from edgec.lower.backend import Site
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.fully_connected import FullyConnected


def narrowed(tensors: Sequence[TensorRecord]) -> tuple[TensorRecord, ...]:
    """The records, with `stored` where fewer bits hold all values of a constant."""
    if not any(t.layout != "plain" and _narrowest(t) for t in tensors):
        return tuple(tensors)
    return tuple(replace(t, stored=_narrowest(t)) for t in tensors)


def told(site: Site) -> str:
    """For the user: in how many bits the weights of an int8 layer are stored; empty: all 8."""
    layer = getattr(site.attributes, "layer", site.attributes)  # one with a residual has both
    if not isinstance(layer, Conv2d | DepthwiseConv2d | FullyConnected) or site.y.dtype != "s8":
        return ""
    stored = few_bits.narrowest(np.asarray(site.input(1).data))
    return f"{few_bits.BITS[stored]} bit, packed" if stored else ""


def _narrowest(tensor: TensorRecord) -> str:
    return "" if tensor.data is None else few_bits.narrowest(np.asarray(tensor.data))
