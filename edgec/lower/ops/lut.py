"""Any function of one int8 element, as a table of its 256 results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Quantization, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules
from edgec.lower.ops.unary import Unary, evaluate

REQUANTIZE = "requantize"


@dataclass(frozen=True)
class Lut:
    """Where the table came from: kind, alpha, beta of `unary`, or kind "requantize"."""

    kind: str
    alpha: float = 0.0
    beta: float = 0.0


def table(attributes: Lut, input_: Quantization, output: Quantization) -> Array:
    """s8[256]: entry q + 128 is quantize(f(dequantize(q))), f from float32 to float32."""
    q = np.arange(-128, 128, dtype=np.int32).astype(np.int8)
    real = numerics.dequantize(q, input_.scale, input_.zero_point)
    if attributes.kind != REQUANTIZE:
        real = evaluate(Unary(attributes.kind, attributes.alpha, attributes.beta), real)
    return numerics.quantize(real, float(output.scale[0]), int(output.zero_point[0]))


class LutOp(Op):
    """y = table[x + 128]."""

    attributes = Lut
    in_place = (0,)

    def shapes(self, attributes: Lut, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's shape."""
        return [_rules.need(inputs[0]).shape]

    def broken_rules(self, attributes: Lut, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization; a constant table s8[256]."""
        yield from _rules.per_tensor(_rules.need(inputs[0]), outputs[0])
        entries = _rules.need(inputs[1])
        if entries.data is None or entries.shape != (256,) or entries.dtype != "s8":
            yield (f"the table {entries.name!r} is {entries.dtype}{list(entries.shape)}; it must "
                   "be constant s8[256].")

    def reference(self, attributes: Lut, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """The look-up."""
        index = np.asarray(values[0]).astype(np.int32) + 128
        return [np.asarray(np.asarray(values[1])[index], np.int8)]


PLUGIN = LutOp()
