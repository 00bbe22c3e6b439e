"""Matrix product of two activations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules


@dataclass(frozen=True)
class BatchMatmul:
    """transpose_b: b is [..., n, k] instead of [..., k, n]."""

    transpose_b: bool = False


class BatchMatmulOp(Op):
    """y[..., m, n] = Σ a[..., m, k] · b[..., k, n]."""

    attributes = BatchMatmul

    def shapes(self, attributes: BatchMatmul, inputs: Sequence[Tensor | None]
               ) -> list[tuple[int, ...]]:
        """[..., m, n]; leading axes broadcast as in numpy."""
        a, b = _rules.need(inputs[0]), _rules.need(inputs[1])
        _rules.check_shapes(len(a.shape) >= 2 and len(b.shape) >= 2,
                            f"batch_matmul needs matrices, not shapes {a.shape} and {b.shape}.")
        k, n = b.shape[-2:] if not attributes.transpose_b else b.shape[:-3:-1]
        _rules.check_shapes(a.shape[-1] == k, f"batch_matmul: a {a.shape} and b {b.shape} "
                                              "do not have the same depth k.")
        try:
            batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            _rules.check_shapes(False, f"batch_matmul: the batch axes of a {a.shape} and "
                                       f"b {b.shape} do not broadcast.")
        return [(*batch, a.shape[-2], n)]

    def broken_rules(self, attributes: BatchMatmul, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization, multiplier in range, depth below 33026."""
        if not _rules.has_int8(inputs, outputs):
            return
        broken = list(_rules.per_tensor(*_rules.present(inputs), outputs[0]))
        if not broken:
            broken += _rules.multiplier_fits(_rules.product_multiplier(inputs, outputs[0]))
        depth = _rules.need(inputs[0]).shape[-1]
        if depth * 255 * 255 >= _rules.ACC_LIMIT:
            broken.append(f"the depth {depth} must be at most {_rules.ACC_LIMIT // 255**2}, or the "
                          "int32 accumulator can overflow.")
        yield from broken

    def reference(self, attributes: BatchMatmul, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """One float64 product: exact for integers."""
        a, b = (np.asarray(v).astype(np.float64) for v in values[:2])
        integer = outputs[0].dtype == "s8"
        if integer:
            a -= _rules.zero_of(_rules.need(inputs[0]))
            b -= _rules.zero_of(_rules.need(inputs[1]))
        acc = a @ (b.swapaxes(-1, -2) if attributes.transpose_b else b)
        if not integer:
            return [acc.astype(np.float32)]
        return [numerics.requantize(acc, _rules.product_multiplier(inputs, outputs[0]),
                                    _rules.zero_of(outputs[0]))]

    def macs(self, attributes: BatchMatmul, inputs: Sequence[Tensor | None],
             outputs: Sequence[Tensor]) -> int:
        """Output elements times k."""
        return outputs[0].size * _rules.need(inputs[0]).shape[-1]


PLUGIN = BatchMatmulOp()
