"""Another element type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import DTYPES, Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


@dataclass(frozen=True)
class Cast:
    """to: a key of DTYPES."""

    to: str


class CastOp(Op):
    """y = x by value; float32 to integers truncates and saturates, NaN is 0."""

    attributes = Cast

    def shapes(self, attributes: Cast, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's shape."""
        _rules.check_shapes(attributes.to in DTYPES, f"cast: no type {attributes.to!r}; there are: "
                                                     f"{', '.join(DTYPES)}.")
        return [_rules.need(inputs[0]).shape]

    def broken_rules(self, attributes: Cast, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """A cast is about plain numbers: quantized tensors go through quantize and dequantize."""
        for tensor in [*_rules.present(inputs), *outputs]:
            if tensor.quantization is not None:
                yield (f"cast takes plain numbers, but {tensor.name!r} is quantized; use quantize "
                       "or dequantize.")

    def reference(self, attributes: Cast, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Saturating from float32, wrapping between integers."""
        x, dtype = np.asarray(values[0]), DTYPES[attributes.to]
        if x.dtype != np.float32 or dtype == np.float32:
            return [x.astype(dtype)]
        return [_saturate(x, dtype)]


def _saturate(x: Array, dtype: np.dtype[np.generic]) -> Array:
    """float32 to an integer type, truncated."""
    limits = np.iinfo(str(dtype))
    whole = np.trunc(np.nan_to_num(x.astype(np.float64), nan=0.0, posinf=np.inf, neginf=-np.inf))
    high = whole >= float(limits.max)  # float(2^63 − 1) is 2^63: compare before converting
    low = whole <= float(limits.min)
    y = np.where(high | low, 0.0, whole).astype(dtype)
    y[high], y[low] = limits.max, limits.min
    return y


PLUGIN = CastOp()
