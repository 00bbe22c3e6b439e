"""float32 to int8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


@dataclass(frozen=True)
class Quantize:
    """Scale and zero point come from the output tensor."""


class QuantizeOp(Op):
    """q = clamp(round_half_even(x / scale) + zero_point)."""

    attributes = Quantize

    def shapes(self, attributes: Quantize, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """x's shape."""
        return [_rules.need(inputs[0]).shape]

    def broken_rules(self, attributes: Quantize, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """From float32, to a per-tensor quantized tensor."""
        yield from _rules.per_tensor(outputs[0])
        x = _rules.need(inputs[0])
        if x.dtype != "f32":
            yield f"quantize needs a float32 input; {x.name!r} is {x.dtype}."

    def reference(self, attributes: Quantize, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """numerics.quantize."""
        return [numerics.quantize(np.asarray(values[0]), _rules.scale_of(outputs[0]),
                                  _rules.zero_of(outputs[0]))]


PLUGIN = QuantizeOp()
