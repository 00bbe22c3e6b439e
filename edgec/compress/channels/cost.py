"""What a model would cost without some of its units, before anything is removed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import onnx_ir as ir

from edgec.compress.channels.remove import indices_of
from edgec.compress.criterion import Unit
from edgec.model.inspect import Shape, node_macs, static_shape


def macs(model: ir.Model, gone: Sequence[Unit]) -> int:
    """Multiply-accumulates of one run."""
    shape_of = _shapes(gone)
    return sum(node_macs(node, shape_of) for node in model.graph)


def parameters(model: ir.Model, gone: Sequence[Unit]) -> int:
    """Numbers in float constants."""
    shape_of = _shapes(gone)
    return sum(math.prod(shape_of(value)) for value in model.graph.initializers.values()
               if value.dtype is not None and value.dtype.is_floating_point())


def channels(model: ir.Model, gone: Sequence[Unit]) -> int:
    """Output channels of all layers with weights."""
    shape_of = _shapes(gone)
    return sum(output_channels(node, shape_of) for node in model.graph)


def output_channels(node: ir.Node, shape_of: Callable[[ir.Value | None], Shape]) -> int:
    """Channels that a layer with weights makes; 0 for other nodes."""
    weight = node.inputs[1] if len(node.inputs) > 1 else None
    if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul") or node.domain:
        return 0
    if weight is None or not weight.is_initializer():
        return 0
    return shape_of(node.outputs[0])[1 if node.op_type.startswith("Conv") else -1]


def _shapes(gone: Sequence[Unit]) -> Callable[[ir.Value | None], Shape]:
    indices = indices_of(gone)

    def shape_of(value: ir.Value | None) -> Shape:
        shape = list(static_shape(value))
        assert value is not None
        for axis, lost in indices.get(str(value.name), {}).items():
            shape[axis] -= len(lost)
        return tuple(shape)

    return shape_of


COSTS: Mapping[str, Callable[[ir.Model, Sequence[Unit]], int]] = {
    "macs": macs, "parameters": parameters, "channels": channels}
