"""Classifiers on feature maps: pooling, then one linear layer.

Shallow-Deep Networks (Kaya et al. 2018, arXiv 1810.07052, section 3.2) learn one number that mixes
maximum and average. `both` puts them side by side: a linear layer over both can be every such
mixture, and needs no product of its own in int8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.compress.exits.cuts import Cut
from edgec.model.confidence import NEVER
from edgec.model.exits import Exit, read_exits, write_exits
from edgec.model.inspect import static_shape
from edgec.model.passes.infer_shapes import run as infer_shapes

POOLS = ("avg", "max", "both")


def add_heads(model: ir.Model, cuts: Sequence[Cut], pool: str, seed: int) -> ir.Model:
    """A copy with an output of logits behind every cut, thresholds that are never reached."""
    copy = model.clone()
    values = ir.convenience.create_value_mapping(copy.graph)
    classes = static_shape(copy.graph.outputs[0])[-1]
    rng = np.random.default_rng(seed)
    taken, names = set(values), []
    for cut in cuts:
        number = next(i for i in range(1, len(taken) + 2) if f"exit_{i}" not in taken)
        names.append(f"exit_{number}")
        taken.add(names[-1])
        _Head(copy, names[-1], values[cut.value]).add(pool, classes, rng)
    write_exits(copy, [Exit(name, NEVER) for name in names])
    return infer_shapes(copy)


def head_weights(model: ir.Model) -> tuple[str, ...]:
    """The initializers that the exits' own layers learn."""
    names = [e.output for e in read_exits(model)]
    return tuple(f"{name}.{part}" for name in names for part in ("weight", "bias"))


class _Head:
    """The nodes of one head, put behind the node that makes its feature map."""

    def __init__(self, model: ir.Model, name: str, tap: ir.Value) -> None:
        self.graph, self.name, self.tap = model.graph, name, tap
        producer = tap.producer()
        assert producer is not None
        self.behind = producer

    def add(self, pool: str, classes: int, rng: np.random.Generator) -> None:
        """Pools, flattens, classifies; the result is a new output of the model."""
        _, channels, *window = static_shape(self.tap)
        pooled = []
        if pool in ("avg", "both"):
            pooled.append(self._node("GlobalAveragePool", "average", [self.tap]))
        if pool in ("max", "both"):
            pooled.append(self._node("MaxPool", "maximum", [self.tap], kernel_shape=window))
        joined = pooled[0] if len(pooled) == 1 else self._node("Concat", "pooled", pooled, axis=1)
        flat = self._node("Flatten", "flat", [joined], axis=1)
        inputs = channels * len(pooled)
        bound = 1 / math.sqrt(inputs)
        weight = self._constant("weight", rng.uniform(-bound, bound, (classes, inputs)))
        logits = self._node("Gemm", "", [flat, weight, self._constant("bias", np.zeros(classes))],
                            transB=1)
        logits.type, logits.shape = ir.TensorType(ir.DataType.FLOAT), ir.Shape([1, classes])
        self.graph.outputs.append(logits)

    def _constant(self, part: str, data: npt.NDArray[np.float64]) -> ir.Value:
        name = f"{self.name}.{part}"
        value = ir.Value(name=name, const_value=ir.tensor(data.astype(np.float32), name=name))
        value.type = ir.TensorType(ir.DataType.FLOAT)
        value.shape = ir.Shape(data.shape)
        self.graph.register_initializer(value)
        return value

    def _node(self, op: str, part: str, inputs: Sequence[ir.Value],
              **attributes: int | Sequence[int]) -> ir.Value:
        name = f"{self.name}.{part}" if part else self.name
        node = ir.node(op, inputs, attributes, name=f"{self.name}/{part or 'linear'}",
                       outputs=[ir.Value(name=name)])
        self.graph.insert_after(self.behind, node)
        self.behind = node
        return node.outputs[0]
