"""A model in ONNX Runtime, each of its steps on the very values that another runtime has.

Every value that the other runtime knows is cut: who reads it reads an input of that value instead.
So what a step writes is its own work alone, and one run does all steps.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx_ir as ir

from edgec.lower.graph import Array
from edgec.measure.parity.onnx_values import OnnxValues

PREFIX = "given:"


class Stepwise:
    """A model, cut at the values named in `examples`, which have the shapes and types of the model.
    """

    def __init__(self, model: ir.Model, where: str, examples: Mapping[str, Array]) -> None:
        cut = model.clone()
        for node in list(cut.graph):
            for value in node.outputs:
                if value.name in examples and value.uses():
                    cut.graph.inputs.append(_instead(value, examples[str(value.name)]))
        self._given = {str(v.name).removeprefix(PREFIX) for v in cut.graph.inputs
                       if str(v.name).startswith(PREFIX)}
        self._values = OnnxValues(cut, where)

    def run(self, inputs: Mapping[str, Array], given: Mapping[str, Array]) -> dict[str, Array]:
        """What each step makes of `given`, by name; EngineError."""
        cut = {f"{PREFIX}{name}": given[name] for name in self._given}
        return self._values.run({**inputs, **cut})


def _instead(value: ir.Value, example: Array) -> ir.Value:
    made = ir.Value(name=f"{PREFIX}{value.name}", shape=ir.Shape(example.shape),
                    type=ir.TensorType(ir.DataType.from_numpy(example.dtype)))
    for node, index in tuple(value.uses()):
        node.replace_input_with(index, made)
    return made


def laid_as(array: Array, like: Array) -> Array | None:
    """`array`, or an image with its channels second, as `like` has it; None where neither fits.

    Where both shapes fit, the one nearer to `like`.
    """
    ways = [array, np.moveaxis(array, -1, 1)] if array.ndim > 2 else [array]
    fitting = [way for way in ways if (way.shape, way.dtype) == (like.shape, like.dtype)]
    return min(fitting, default=None, key=lambda way: float(np.abs(
        way.astype(np.float64) - like).sum()))
