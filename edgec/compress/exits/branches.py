"""Which nodes are the network's and which an exit's own, in any model with exits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.model.inspect import node_macs, static_shape

Array = npt.NDArray[np.int64]


def macs_until(model: ir.Model, outputs: Sequence[str]) -> Array:
    """Multiply-accumulates of all that outputs 0 .. k need together, for each k."""
    return sums_until(model, outputs, node_macs)


def sums_until(model: ir.Model, outputs: Sequence[str], count: Callable[[ir.Node], int]) -> Array:
    """The same of any count of a node."""
    needed: set[ir.Node] = set()
    totals = []
    for name in outputs:
        needed |= needs(model, name)
        totals.append(sum(count(node) for node in needed))
    return np.asarray(totals, np.int64)


def needs(model: ir.Model, output: str) -> set[ir.Node]:
    """The nodes that an output depends on."""
    found: set[ir.Node] = set()
    waiting = [value.producer() for value in model.graph.outputs if value.name == output]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.add(node)
            waiting += [value.producer() for value in node.inputs if value is not None]
    return found


def tap(model: ir.Model, output: str, network: set[ir.Node]) -> str:
    """The value of the network that an exit's own nodes read."""
    own = needs(model, output) - network
    read = (v for node in model.graph if node in own for v in node.inputs if v is not None)
    return next((str(v.name) for v in read if v.producer() in network), "")


def parameters(nodes: Iterable[ir.Node]) -> int:
    """Numbers in the constants that these nodes compute with, scales and zero points aside."""
    weights = {v for node in nodes for slot, v in enumerate(node.inputs)
               if v is not None and v.is_initializer()
               and (slot == 0 or node.op_type not in ("QuantizeLinear", "DequantizeLinear"))}
    return sum(math.prod(static_shape(v)) for v in weights)
