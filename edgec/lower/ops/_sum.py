"""The int8 form that addition and subtraction share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _binary, _rules


def constants(inputs: Sequence[Tensor | None], output: Tensor, sign_b: int
              ) -> numerics.AddConstants:
    """The integers of out = a + sign_b · b for tensors with per-tensor quantization."""
    a, b = _rules.need(inputs[0]), _rules.need(inputs[1])
    return numerics.add_constants(_rules.scale_of(a), _rules.zero_of(a), _rules.scale_of(b),
                                  _rules.zero_of(b), _rules.scale_of(output), sign_b)


class Sum(_binary.Binary):
    """y = clamp(a ± b): s8 or float32."""

    sign_b: ClassVar[int]

    def broken_rules(self, attributes: Any, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Per-tensor quantization; each input scale / output scale in [2^-10, 2^8)."""
        if not _rules.has_int8(inputs, outputs):
            return
        broken = list(_rules.per_tensor(*_rules.present(inputs), outputs[0]))
        yield from broken
        if broken:
            return
        for tensor in _rules.present(inputs):
            ratio = np.float32(_rules.scale_of(tensor)) / np.float32(_rules.scale_of(outputs[0]))
            if not _rules.RATIO_MIN <= ratio < _rules.RATIO_MAX:
                yield (f"the scale of {tensor.name!r} is {ratio:.4g} times the output's; it must "
                       "be in [2^-10, 2^8).")

    def reference(self, attributes: Any, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """Fixed point for s8, float32 otherwise."""
        if outputs[0].dtype != "s8":
            return super().reference(attributes, values, inputs, outputs)
        a, b = (np.asarray(v) for v in values[:2])
        return [numerics.add(a, b, constants(inputs, outputs[0], self.sign_b),
                             _rules.zero_of(outputs[0]),
                             *_rules.bounds_of(attributes.clamp, outputs[0]))]
