"""Versions of operators: the lowest one that has what a node uses, and the runtime it came with.

A higher version than needed shuts a model out of older runtimes, and some out of delegates: XNNPACK
takes no FULLY_CONNECTED of version 8. The numbers are those of LiteRT's
converter/tools/versioning/{op_version,runtime_version}.cc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.graph import Tensor
from edgec.lower.ops._rules import scale_of

# The version that brought int8, where it is not 2. Those with 1 had it from the start, or never.
_INT8: Mapping[str, int] = MappingProxyType({
    "CAST": 3, "CONV_2D": 3, "DENSIFY": 1, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4,
    "HARD_SWISH": 1,
    "LEAKY_RELU": 1, "QUANTIZE": 1, "RESHAPE": 1})
# The version that brought tensors of five axes.
_RANK_5: Mapping[str, int] = MappingProxyType({
    "PAD": 4, "PADV2": 4, "SLICE": 5, "STRIDED_SLICE": 4, "TRANSPOSE": 4})
# The version that brought broadcasting in five axes.
_BROADCAST_5: Mapping[str, int] = MappingProxyType({"DIV": 2, "MAXIMUM": 3, "MINIMUM": 3, "SUB": 3})
_INT64: Mapping[str, int] = MappingProxyType({"ADD": 4, "MUL": 5, "SUB": 4})

# The version that brought weights of four bits.
FOUR_BITS: Mapping[str, int] = MappingProxyType({"FULLY_CONNECTED": 10})

_OLDEST = "1.14.0"  # every operator in its first version, and the first int8 ones
_RUNTIME: Mapping[tuple[str, int], str] = MappingProxyType({
    ("ADD", 4): "2.6.0", ("BATCH_MATMUL", 1): "2.3.0", ("BATCH_MATMUL", 2): "2.3.0",
    ("CAST", 3): "2.8.0", ("CONV_2D", 6): "2.9.0", ("DENSIFY", 1): "2.2.0", ("DIV", 2): "2.3.0",
    ("EXP", 2): "2.12.0", ("FULLY_CONNECTED", 5): "2.0.0",
    ("FULLY_CONNECTED", 10): "2.11.0", ("GELU", 1): "2.9.0",
    ("GELU", 2): "2.9.0", ("HARD_SWISH", 1): "1.15.0", ("LOG", 2): "2.15.0",
    ("MAXIMUM", 3): "2.3.0", ("MINIMUM", 3): "2.3.0", ("MUL", 3): "1.15.0", ("PAD", 4): "2.6.0",
    ("PADV2", 4): "2.6.0", ("RESIZE_BILINEAR", 3): "2.2.0",
    ("RESIZE_NEAREST_NEIGHBOR", 3): "2.3.0", ("SELECT_V2", 1): "2.2.0", ("SLICE", 5): "2.5.0",
    ("STRIDED_SLICE", 4): "2.2.0", ("SUB", 3): "2.3.0", ("SUB", 4): "2.4.0",
    ("TRANSPOSE", 4): "2.3.0", ("TRANSPOSE", 6): "2.12.0"})


def version_of(code: str, inputs: Sequence[Tensor], output: Tensor, fields: Mapping[str, Any]
               ) -> int:
    """The lowest version of `code` for these tensors and options."""
    x, rank = inputs[0], max(len(t.shape) for t in inputs)
    wanted = [1, _special(code, inputs, output, fields)]
    if x.dtype == "s8":
        wanted.append(_INT8.get(code, 2))
    if x.dtype == "s64":
        wanted.append(_INT64.get(code, 1))
    if len(x.shape) > 4:
        wanted.append(_RANK_5.get(code, 1))
    if rank > 4 and any(t.shape != output.shape for t in inputs):
        wanted.append(_BROADCAST_5.get(code, 1))
    return max(wanted)


def _special(code: str, inputs: Sequence[Tensor], output: Tensor, fields: Mapping[str, Any]) -> int:
    x = inputs[0]
    if code == "CONV_2D" and inputs[1].shape[3] != x.shape[3]:
        return 6
    if code == "DEPTHWISE_CONV_2D":
        return 2 if max(fields["dilationHFactor"], fields["dilationWFactor"]) > 1 else 1
    if code == "FULLY_CONNECTED" and fields["keepNumDims"]:
        return 5
    if code == "MUL" and x.dtype == "s8":
        product = np.float32(scale_of(x)) * np.float32(scale_of(inputs[1]))
        return 3 if product / np.float32(scale_of(output)) >= 1 else 2
    if code.startswith("RESIZE_") and (fields["halfPixelCenters"] or fields["alignCorners"]):
        return 3
    return 6 if code == "TRANSPOSE" and len(x.shape) > 5 else 1


def min_runtime(versions: Sequence[tuple[str, int]]) -> str:
    """The first runtime that has all of these (operator, version)."""
    runtimes = [_RUNTIME.get(version, _OLDEST) for version in versions]
    return max([_OLDEST, *runtimes], key=lambda text: [int(part) for part in text.split(".")])
