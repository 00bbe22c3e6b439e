"""The layers whose weights can be sparse, as matrices in the order in which the engine reads them.

The engine reads images with their channels last, so the depth of a convolution is ordered
[kernel rows, kernel columns, channels]. A tap is what lies side by side in the image: a line of the
kernel, or one position of it where the kernel is dilated. Blocks do not reach over the end of one
(`edgec/format/spec.md`, s8_block).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.quantization.moments import can_gather, depth_of
from edgec.compress.quantization.rules import constant
from edgec.compress.quantization.units import (
    LinearLayer,
    Unit,
    find_units,
    groups,
    output_axis,
    weight_array,
    weight_value,
)

LARGEST_DEPTH = 4608  # beyond it second moments cost more memory and time than they are worth


@dataclass(frozen=True)
class Layer(LinearLayer):
    """order: for each depth of the engine the one of ONNX; taps: their depths."""

    order: Array
    taps: tuple[int, ...]

    def gain(self) -> Array:
        """|factor| [outputs] of a batch normalization that alone reads the layer, else ones.

        What it makes small is no large error. At least a thousandth of the largest.
        """
        outputs = weight_array(self.unit).shape[output_axis(self.unit)]
        users = self.unit.output.consumers()
        norm = users[0] if len(users) == 1 else None
        if norm is None or norm.op_type != "BatchNormalization":
            return np.ones(outputs)
        scale, variance = constant(norm.inputs[1]), constant(norm.inputs[4])
        if scale is None or variance is None:
            return np.ones(outputs)
        factor = np.abs(scale) / np.sqrt(variance + norm.attributes.get_float("epsilon", 1e-5))
        return np.maximum(factor.astype(np.float64), max(1e-3 * float(factor.max()), 1e-30))

    def matrix(self, array: Array) -> Array:
        """An array of the weight's shape as [outputs, depth]."""
        array = array.T if self._is_transposed else array
        return array.reshape(len(array), -1)[:, self.order]

    def array(self, matrix: Array) -> Array:
        """The opposite of `matrix`."""
        flat = np.empty_like(matrix)
        flat[:, self.order] = matrix
        if self._is_transposed:
            return np.ascontiguousarray(flat.T)
        return flat.reshape(weight_array(self.unit).shape)

    def moments(self, moments: Array) -> Array:
        """[depth, depth] of `edgec.compress.quantization.moments` in the engine's order."""
        return np.asarray(moments[np.ix_(self.order, self.order)])

    @property
    def _is_transposed(self) -> bool:
        return output_axis(self.unit) == 1


def find_layers(model: ir.Model) -> tuple[tuple[Layer, ...], dict[str, str]]:
    """The layers that can be sparse, in execution order; why the other linear ones cannot be."""
    found, reasons = [], {}
    readers: dict[str, int] = {}
    linear = [unit for unit in find_units(model.graph) if unit.kind == "linear"]
    for unit in linear:
        name = str(weight_value(unit).name)
        readers[name] = readers.get(name, 0) + 1
    for unit in linear:
        if reason := _reason(unit, readers[str(weight_value(unit).name)]):
            reasons[unit.name] = reason
        else:
            found.append(_layer(unit))
    return tuple(found), reasons


def _reason(unit: Unit, readers: int) -> str:
    """Why a layer cannot be sparse; empty when it can."""
    if groups(unit) != 1:
        return "it has groups (or is depthwise), and the engine has no sparse form for that"
    if readers > 1:
        return "another layer has the same weights"
    if depth_of(unit) > LARGEST_DEPTH:
        return f"it sums {depth_of(unit)} products; at most {LARGEST_DEPTH} can be solved for"
    if not can_gather(unit, LARGEST_DEPTH):
        return "its padding is not written out (auto_pad)"
    return ""


def _layer(unit: Unit) -> Layer:
    shape = weight_array(unit).shape
    if unit.op != "Conv":
        order = _flattened(unit)
        return Layer(unit, order, (len(order),))
    channels, kernel = shape[1], shape[2:]
    order = np.arange(int(np.prod(shape[1:]))).reshape(channels, -1).T.reshape(-1)
    dilation = unit.nodes[0].attributes.get_ints("dilations", [1] * len(kernel))[-1]
    tap = kernel[-1] * channels if dilation == 1 else channels
    return Layer(unit, order, (tap,) * (len(order) // tap))


def _flattened(unit: Unit) -> Array:
    """The order of a matrix's depth, which is that of an image where it reads a flattened one."""
    depth, maker = depth_of(unit), unit.inputs[0].producer()
    if maker is not None and maker.op_type in ("Flatten", "Reshape"):
        shape = maker.inputs[0].shape if maker.inputs[0] is not None else None
        dims = [] if shape is None else [d for d in shape if isinstance(d, int)]
        if len(dims) > 2 and int(np.prod(dims[1:])) == depth:
            return np.arange(depth).reshape(dims[1], -1).T.reshape(-1)
    return np.arange(depth)
