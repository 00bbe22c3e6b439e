"""int8 to float32."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


@dataclass(frozen=True)
class Dequantize:
    """Scale and zero point come from the input tensor."""


class DequantizeOp(Op):
    """y = float32(q − zero_point) · scale."""

    attributes = Dequantize

    def shapes(self, attributes: Dequantize, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """q's shape."""
        return [_rules.need(inputs[0]).shape]

    def broken_rules(self, attributes: Dequantize, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """From a per-tensor quantized tensor, to float32."""
        yield from _rules.per_tensor(_rules.need(inputs[0]))
        if outputs[0].dtype != "f32":
            yield f"dequantize gives float32; {outputs[0].name!r} is {outputs[0].dtype}."

    def reference(self, attributes: Dequantize, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """numerics.dequantize."""
        q = _rules.need(inputs[0])
        return [numerics.dequantize(np.asarray(values[0]), np.asarray(_rules.scale_of(q)),
                                    np.asarray(_rules.zero_of(q)))]


PLUGIN = DequantizeOp()
