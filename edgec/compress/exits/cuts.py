"""Where an exit can be: values through which alone everything behind is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx_ir as ir

from edgec.model.inspect import node_macs, static_shape

LATEST = 0.9  # of the MACs: an exit further behind saves nothing worth its head


@dataclass(frozen=True)
class Cut:
    """value: name of a feature map [1, channels, height, width]. share: of all MACs, before it."""

    value: str
    share: float


def find_cuts(model: ir.Model) -> tuple[Cut, ...]:
    """The feature maps that pass alone in the first 90 % of the MACs, in order.

    Of those with equal cost the last one: after a convolution what comes behind its normalization
    and activation, in a quantized model behind its DequantizeLinear.
    """
    nodes = _computing(model)
    total = sum(node_macs(node) for node in nodes)
    alive = {str(value.name): _readers(value, nodes) for value in model.graph.inputs}
    found: dict[int, str] = {}
    macs = 0
    for index, node in enumerate(nodes):
        macs += node_macs(node)
        alive |= {str(v.name): _readers(v, nodes) for v in node.outputs if v.name}
        alive = {name: last for name, last in alive.items() if last > index}
        value = node.outputs[0]
        if list(alive) == [value.name] and 0 < macs <= LATEST * total and _is_map(value):
            found[macs] = str(value.name)
    return tuple(Cut(name, macs / total) for macs, name in found.items())


def nearest(cuts: Sequence[Cut], shares: Sequence[float]) -> tuple[Cut, ...]:
    """For each share the nearest cut, each once, in the order of the network."""
    chosen = {min(cuts, key=lambda cut: abs(cut.share - share)) for share in shares}
    return tuple(cut for cut in cuts if cut in chosen)


def _computing(model: ir.Model) -> list[ir.Node]:
    """Nodes that depend on an input: what makes constants, as a weight's DequantizeLinear, passes
    no values."""
    flowing = {value.name for value in model.graph.inputs if not value.is_initializer()}
    nodes = []
    for node in model.graph:
        if any(v is not None and v.name in flowing for v in node.inputs):
            flowing.update(v.name for v in node.outputs)
            nodes.append(node)
    return nodes


def _readers(value: ir.Value, nodes: Sequence[ir.Node]) -> int:
    """The index of the last node that reads the value; beyond all for an output."""
    if value.is_graph_output():
        return len(nodes)
    users = {user for user, _ in value.uses()}
    return max((i for i, node in enumerate(nodes) if node in users), default=-1)


def _is_map(value: ir.Value) -> bool:
    """An image of one sample, larger than a point, in float32."""
    if value.dtype != ir.DataType.FLOAT or value.shape is None or len(value.shape) != 4:
        return False
    _, _, height, width = static_shape(value)
    return height * width > 1
