"""An early exit: where the logits are sure enough, the run ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgec.lower.graph import Array, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules
from edgec.model.confidence import MOST_CLASSES, softmax_sums


@dataclass(frozen=True)
class Exit:
    """limit: the largest Σ exp(x − max) · 2^20 that is sure enough; 2^32 − 1: always."""

    limit: int


class ExitOp(Op):
    """y = x; where Σ exp(x − max) is at most the limit the run ends behind it."""

    attributes = Exit
    in_place = (0,)

    def shapes(self, attributes: Exit, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """x's shape."""
        x = _rules.need(inputs[0])
        _rules.check_shapes(1 <= x.size == x.shape[-1] <= MOST_CLASSES if x.shape else False,
                            f"an exit needs one row of 1 to {MOST_CLASSES} logits, not {x.shape}.")
        return [x.shape]

    def broken_rules(self, attributes: Exit, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Logits are judged in float32."""
        if _rules.has_int8(inputs, outputs):
            yield "an exit reads float32 logits: give the model float outputs."

    def reference(self, attributes: Exit, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """A copy."""
        return [np.array(values[0])]

    def ends_run(self, attributes: Exit, values: Sequence[Array | None]) -> bool:
        """The rule of `edgec.model.confidence`."""
        return int(softmax_sums(np.asarray(values[0]).reshape(1, -1))[0]) <= attributes.limit


PLUGIN = ExitOp()
