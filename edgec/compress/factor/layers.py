"""The layers that can be two thinner ones, each as a matrix, and why the others cannot.

    linear    y = W x: W is the matrix [m, n]
    channel   a convolution to r channels, then a 1x1 one: [m, n kh kw]
    spatial   a kh x 1 convolution to r channels, then a 1 x kw one: [m kw, n kh]
              (Jaderberg et al. 2014, arXiv 1405.3866, section 2.2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array
from edgec.compress.patterns import excluded
from edgec.compress.quantization.moments import can_gather
from edgec.compress.quantization.units import (
    LinearLayer,
    Unit,
    find_units,
    groups,
    output_axis,
    weight_array,
    weight_value,
)

CONV = ("auto", "channel", "spatial")


@dataclass(frozen=True)
class Layer(LinearLayer):
    """A linear unit and the form of its two halves; the matrix is [rows, columns]."""

    form: str

    def matrix(self) -> Array:
        """The weight as the matrix, float32."""
        weight = weight_array(self.unit)
        if self.form == "linear":
            return weight.T if output_axis(self.unit) == 1 else weight
        if self.form == "channel":
            return weight.reshape(len(weight), -1)
        return weight.transpose(0, 3, 1, 2).reshape(self.rows, self.columns)

    def unmatrix(self, matrix: Any) -> Any:
        """A matrix, of numpy or torch, as the weight."""
        shape = weight_array(self.unit).shape
        if self.form == "linear":
            return matrix.swapaxes(0, 1) if output_axis(self.unit) == 1 else matrix
        if self.form == "channel":
            return matrix.reshape(shape)
        m, n, kh, kw = shape
        return matrix.reshape(m, kw, n, kh).swapaxes(1, 2).swapaxes(2, 3)

    @property
    def rows(self) -> int:
        """Outputs of the second half, for each tap of its kernel."""
        shape = weight_array(self.unit).shape
        return int(shape[output_axis(self.unit)]) * (shape[3] if self.form == "spatial" else 1)

    @property
    def columns(self) -> int:
        """Inputs of the first half, for each tap of its kernel."""
        return self.parameters // self.rows

    @property
    def parameters(self) -> int:
        """Weights of the layer as it is."""
        return int(weight_array(self.unit).size)

    @property
    def cost(self) -> int:
        """Weights for each component of the two halves."""
        return self.rows + self.columns


def find_layers(model: ir.Model, conv: str, exclude: Sequence[str],
                smallest: int) -> tuple[list[tuple[Layer, ...]], dict[str, str]]:
    """For each layer that can be factored its forms, and why each of the others cannot, by name.

    smallest: a rank at which the two halves must have fewer weights than the layer.
    """
    found, reasons = [], {}
    for unit in find_units(model.graph):
        if unit.nodes[0].op_type not in ("Conv", "Gemm", "MatMul") or unit.kind == "matmul":
            continue
        why = unit.why or _refusal(unit, exclude)
        forms = () if why else tuple(
            layer for layer in (Layer(unit, form) for form in _forms(unit, conv))
            if smallest * layer.cost < layer.parameters)
        if forms:
            found.append(forms)
        else:
            reasons[unit.name] = why or (f"at rank {smallest} its halves have no fewer weights "
                                         "than it has")
    return found, reasons


def _refusal(unit: Unit, exclude: Sequence[str]) -> str:
    if why := excluded(exclude, (str(node.name) for node in unit.nodes)):
        return why
    if groups(unit) > 1:
        return "it is a grouped convolution, thin already"
    if len(weight_value(unit).uses()) > 1:
        return "its weight is shared with other nodes"
    if not can_gather(unit):
        return "its padding is not written out, or its matrix is too large for statistics"
    return ""


def _forms(unit: Unit, conv: str) -> tuple[str, ...]:
    if unit.op != "Conv":
        return ("linear",)
    kernel = weight_array(unit).shape[2:]
    if len(kernel) != 2 or min(kernel) == 1:
        return ("channel",)
    return ("channel", "spatial") if conv == "auto" else (conv,)


def patch_moments(layer: Layer, moments: Array) -> Array:
    """The second moment of what the first half sees, of that of the layer's windows.

    A spatial first half sees columns of the window; they count alike, as if independent.
    """
    if layer.form != "spatial":
        return moments
    _, n, kh, kw = weight_array(layer.unit).shape
    taps = moments.reshape(n, kh, kw, n, kh, kw)
    return np.asarray(np.einsum("ahwbkw->ahbk", taps).reshape(n * kh, n * kh) / kw)


def patch_magnitude(layer: Layer, magnitude: Array) -> Array:
    """Mean |x| of the inputs of the first half, of that of the input channels."""
    return np.repeat(magnitude, layer.columns // len(magnitude))
