"""Any function of one int8 or uint8 element, as a table of its 256 results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import DTYPES, Array, Quantization, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules
from edgec.lower.ops.unary import Unary, evaluate

REQUANTIZE = "requantize"
_LEAST = {"s8": -128, "u8": 0}


@dataclass(frozen=True)
class Lut:
    """Where the table came from: kind, alpha, beta of `unary`, or kind "requantize".

    to: the result's type, s8; or u8, as which some models have their inputs and outputs.
    """

    kind: str
    alpha: float = 0.0
    beta: float = 0.0
    to: str = "s8"


def table(attributes: Lut, input_: Quantization, output: Quantization) -> Array:
    """s8[256]: entry q + 128 is quantize(f(dequantize(q))), f from float32 to float32."""
    q = np.arange(-128, 128, dtype=np.int32).astype(np.int8)
    real = numerics.dequantize(q, input_.scale, input_.zero_point)
    if attributes.kind != REQUANTIZE:
        real = evaluate(Unary(attributes.kind, attributes.alpha, attributes.beta), real)
    return numerics.quantize(real, float(output.scale[0]), int(output.zero_point[0]))


def other_sign(to: str) -> Array:
    """The table of the same real numbers in the other type: u8 to s8, or s8 to u8 by `to`."""
    return np.arange(_LEAST[to], _LEAST[to] + 256).astype(DTYPES[to])


class LutOp(Op):
    """y = table[x + 128], of uint8 table[x]."""

    attributes = Lut
    in_place = (0,)

    def shapes(self, attributes: Lut, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's shape."""
        return [_rules.need(inputs[0]).shape]

    def broken_rules(self, attributes: Lut, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization; a constant table of 256 results."""
        yield from _rules.per_tensor(*map(_signed, (_rules.need(inputs[0]), outputs[0])))
        entries = _rules.need(inputs[1])
        if entries.data is None or entries.shape != (256,) or entries.dtype != attributes.to:
            yield (f"the table {entries.name!r} is {entries.dtype}{list(entries.shape)}; it must "
                   f"be constant {attributes.to}[256].")

    def reference(self, attributes: Lut, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """The look-up."""
        x = np.asarray(values[0])
        return [np.asarray(np.asarray(values[1])[x.astype(np.int32) - np.iinfo(x.dtype).min])]


def _signed(tensor: Tensor) -> Tensor:
    """A u8 tensor as the s8 one of the same real numbers, which the rules are about."""
    if tensor.dtype != "u8" or tensor.quantization is None:
        return tensor
    return replace(tensor, dtype="s8", quantization=tensor.quantization.moved(-128))


PLUGIN = LutOp()
