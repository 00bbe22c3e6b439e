"""The few questions that recognizing a pattern of nodes comes down to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

Array = npt.NDArray[Any]


def made_by(value: ir.Value | None, *ops: str) -> ir.Node | None:
    """The node that makes `value`, if it is one of the ONNX ops."""
    node = None if value is None else value.producer()
    return node if node is not None and not node.domain and node.op_type in ops else None


def only_reader(value: ir.Value, *ops: str) -> ir.Node | None:
    """The one node that reads `value`, if there is exactly one and it is one of the ops."""
    readers = value.consumers()
    if len(readers) != 1 or value.is_graph_output():
        return None
    return readers[0] if not readers[0].domain and readers[0].op_type in ops else None


def array_of(value: ir.Value | None) -> Array | None:
    """The data of a constant, None when `value` is computed."""
    if value is None or not value.is_initializer() or value.const_value is None:
        return None
    return value.const_value.numpy()


def is_number(value: ir.Value | None, number: float) -> bool:
    """Whether `value` is a constant that holds only `number`, to float precision."""
    array = array_of(value)
    return array is not None and array.size == 1 and bool(np.isclose(float(array.flat[0]), number,
                                                                     rtol=1e-5))


def number_of(value: ir.Value | None) -> float | None:
    """The one number in a constant, None when it is not that."""
    array = array_of(value)
    return float(array.flat[0]) if array is not None and array.size == 1 else None


def other_input(node: ir.Node, value: ir.Value | None) -> ir.Value | None:
    """The other one of a node's two inputs; None when `value` is neither."""
    first, second = node.inputs[0], node.inputs[1]
    if first is value:
        return second
    return first if second is value else None


def axes_of(node: ir.Node) -> tuple[int, ...] | None:
    """The constant axes of a reduction, counted from the front; None when unknown or all."""
    value = node.inputs[0]
    if len(node.inputs) > 1 and node.inputs[1] is not None:
        array = array_of(node.inputs[1])
        axes = None if array is None else tuple(array.tolist())
    else:
        attribute = node.attributes.get_ints("axes", [])
        axes = tuple(attribute) if attribute else None
    if axes is None or value is None or value.shape is None:
        return None
    rank = len(value.shape)
    return tuple(sorted(axis % rank for axis in axes))
