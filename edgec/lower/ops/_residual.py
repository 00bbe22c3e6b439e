"""A layer that adds a residual to its own int8 result: the bytes of both ops in turn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgec.lower.graph import Array, Quantization, Tensor
from edgec.lower.op import Op
from edgec.lower.ops import _rules
from edgec.lower.ops.add import PLUGIN as ADD
from edgec.lower.ops.add import Add


class Residual(Op):
    """y = add(layer(x, w, b), residual): attributes have `layer`, scale, zero_point, clamp."""

    in_place = (3,)

    @staticmethod
    @abstractmethod
    def layer() -> Op:
        """The op without the residual."""

    def shapes(self, attributes: Any, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """The layer's."""
        shapes = self.layer().shapes(attributes.layer, inputs[:3])
        residual = _rules.need(inputs[3])
        _rules.check_shapes(shapes == [residual.shape],
                            f"the residual {residual.name!r} has shape {residual.shape}, the "
                            f"result {shapes[0]}; they must be equal.")
        return shapes

    def broken_rules(self, attributes: Any, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """Those of both ops; int8 only."""
        if outputs[0].dtype != "s8":
            yield "only an int8 layer adds a residual itself."
            return
        between = result(attributes, outputs[0])
        yield from self.layer().broken_rules(attributes.layer, inputs[:3], [between])
        yield from ADD.broken_rules(Add(attributes.clamp), [between, inputs[3]], outputs)

    def reference(self, attributes: Any, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """The references of both ops."""
        between = result(attributes, outputs[0])
        first, = self.layer().reference(attributes.layer, values[:3], inputs[:3], [between])
        return ADD.reference(Add(attributes.clamp), [first, values[3]], [between, inputs[3]],
                             outputs)

    def macs(self, attributes: Any, inputs: Sequence[Tensor | None],
             outputs: Sequence[Tensor]) -> int:
        """The layer's."""
        return self.layer().macs(attributes.layer, inputs[:3], outputs)


def result(attributes: Any, output: Tensor) -> Tensor:
    """The layer's own result, which is added and never stored."""
    own = Quantization(np.asarray(attributes.scale, np.float32),
                       np.asarray(attributes.zero_point, np.int32))
    return replace(output, name=f"{output.name}.before_residual", quantization=own)
