"""One operator of a .tflite file while it is imported: what an importer may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.model.tflite_import._file import Array, Scales, TfOperator, TfTensor
from edgec.model.tflite_import._graph import NCHW, NHWC, Builder, Unsupported, element_type

_ACTIVATIONS = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH", 5: "SIGN_BIT"}


@dataclass(frozen=True)
class Call:
    """An operator; inputs and outputs are numbered as the operator has them."""

    operator: TfOperator
    builder: Builder

    @property
    def name(self) -> str:
        """That of the first output; of names that the converter joined, the first."""
        return self.builder.name(self.operator.outputs[0]).split(";")[0]

    def has(self, number: int) -> bool:
        """Whether an input is given."""
        return number < len(self.operator.inputs) and self.operator.inputs[number] >= 0

    def index(self, number: int) -> int:
        """The tensor's index; Unsupported when the input is left out."""
        if not self.has(number):
            raise Unsupported(f"has no input {number}")
        return self.operator.inputs[number]

    def tensor(self, number: int) -> TfTensor:
        """An input."""
        return self.builder.tensors[self.index(number)]

    def shape(self, number: int) -> tuple[int, ...]:
        """The shape of an input."""
        return self.tensor(number).shape

    def rank(self, number: int, *allowed: int) -> int:
        """The number of axes of an input; Unsupported when it is none of those allowed."""
        rank = len(self.shape(number))
        if allowed and rank not in allowed:
            raise Unsupported(f"has an input of shape {list(self.shape(number))}, not of rank "
                              f"{' or '.join(map(str, allowed))}")
        return rank

    def output(self, number: int = 0) -> TfTensor:
        """An output."""
        return self.builder.tensors[self.operator.outputs[number]]

    def option(self, name: str, default: Any = None) -> Any:
        """A field of the options; Unsupported when it is left out and has no default."""
        value = self.operator.options.get(name, default)
        if value is None:
            raise Unsupported(f"lacks its option {name!r}")
        return value

    def layout(self, *numbers: int) -> str:
        """NCHW when that spares transposes: an input was written so and all fit it."""
        numbers = numbers or tuple(range(len(self.operator.inputs)))
        images = [n for n in numbers if self.tensor(n).data is None]
        constants = [n for n in numbers if self.tensor(n).data is not None]
        fits = (all(len(self.shape(n)) == 4 for n in images)
                and all(len(self.shape(n)) <= 4 for n in constants)
                and len(self.output().shape) == 4)
        wanted = any(self.builder.layout(self.index(n)) == NCHW for n in images)
        return NCHW if fits and wanted else NHWC

    def value(self, number: int, layout: str = NHWC) -> ir.Value:
        """The real numbers of an input."""
        element_type(self.tensor(number))
        return self.builder.value(self.index(number), layout)

    def data(self, number: int, what: str) -> Array:
        """The integers or floats of a constant input."""
        tensor = self.tensor(number)
        if tensor.data is None:
            raise Unsupported(f"has {what} that are computed; they must be constant")
        return tensor.data

    def ints(self, number: int, what: str) -> tuple[int, ...]:
        """A constant input of sizes, axes or positions."""
        data = self.data(number, what)
        if data.dtype.kind != "i":
            raise Unsupported(f"has {what} of type {data.dtype}")
        return tuple(int(v) for v in data.reshape(-1))

    def axis(self, value: int, rank: int) -> int:
        """An axis counted from 0; Unsupported when there is no such axis."""
        if not -rank <= value < rank:
            raise Unsupported(f"has axis {value} of {rank}")
        return value % rank

    def weights(self, number: int, order: Sequence[int], shape: Sequence[int] = ()) -> ir.Value:
        """Constant weights, reshaped if asked to, with axis i taken from axis order[i].

        Scales along an axis go with it, which `shape` must keep.
        """
        data, scales = self.data(number, "weights"), self.tensor(number).scales
        if data.dtype == np.float16:
            data = data.astype(np.float32)
        moved = data.reshape(tuple(shape) or data.shape).transpose(order)
        if not self.tensor(number).quantized:
            scales = None
        if scales is not None and scales.axis is not None:
            if moved.shape[list(order).index(scales.axis)] != scales.scale.size:
                raise Unsupported("has weights with scales along an axis that it splits")
            scales = Scales(scales.scale, scales.zero_point, list(order).index(scales.axis))
        return self.builder.constant(self.builder.name(self.index(number)), moved, scales)

    def bias(self, number: int) -> ir.Value | None:
        """A constant bias, None when it is left out; int32 with the file's scales."""
        if not self.has(number):
            return None
        tensor = self.tensor(number)
        data = self.data(number, "biases")
        scales = tensor.scales if data.dtype == np.int32 else None
        if data.dtype != np.float32 and scales is None:
            raise Unsupported(f"has a bias of type {tensor.dtype}"
                              + (" without scale" if data.dtype == np.int32 else ""))
        return self.builder.constant(tensor.name, data, scales)

    def emit(self, op: str, inputs: Sequence[ir.Value | None], **attributes: Any) -> ir.Value:
        """A node of this operator."""
        return self.builder.emit(op, inputs, self.name, **attributes)

    def constant(self, part: str, data: Any) -> ir.Value:
        """A constant of this operator."""
        return self.builder.constant(f"{self.name}/{part}", data)

    def integers(self, part: str, values: Sequence[int]) -> ir.Value:
        """The same of 64-bit integers, as ONNX wants sizes and axes."""
        return self.constant(part, np.asarray(values, np.int64))

    def activated(self, value: ir.Value) -> ir.Value:
        """`value` after the activation that is fused into the operator."""
        number = self.option("fusedActivationFunction", 0)
        name = _ACTIVATIONS.get(number, str(number))
        if name == "NONE":
            return value
        if name == "RELU":
            return self.emit("Relu", [value])
        if name == "TANH":
            return self.emit("Tanh", [value])
        if name not in ("RELU6", "RELU_N1_TO_1"):
            raise Unsupported(f"has the fused activation {name}")
        return self.clipped(value, *((0.0, 6.0) if name == "RELU6" else (-1.0, 1.0)))

    def clipped(self, value: ir.Value, low: float, high: float) -> ir.Value:
        """`value` clamped to [low, high]."""
        return self.emit("Clip", [value, self.constant("low", np.float32(low)),
                                  self.constant("high", np.float32(high))])

    def write(self, value: ir.Value, layout: str = NHWC, number: int = 0) -> None:
        """`value` is an output."""
        element_type(self.output(number))
        self.builder.write(self.operator.outputs[number], value, layout)


Importer = Callable[[Call], None]
Importers = Mapping[str, Importer]
