"""The ONNX graph in the making: which ONNX value stands for which tensor of the file, and how.

TensorFlow Lite has images as NHWC, ONNX's image operators take NCHW. A tensor that such an operator
wrote is kept as it was written; whoever wants it the other way round gets one Transpose, and chains
of image operators none at all. An 8-bit tensor is QuantizeLinear and DequantizeLinear behind the
operator that writes it, with the file's scale and zero point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.model.tflite_import._file import Scales, TfGraph, TfTensor
from edgec.names import take

Array = npt.NDArray[Any]

OPSET = 20
NHWC, NCHW = "nhwc", "nchw"
TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)
_TYPES: Mapping[str, ir.DataType] = {
    "FLOAT32": ir.DataType.FLOAT, "INT8": ir.DataType.INT8, "UINT8": ir.DataType.UINT8,
    "INT32": ir.DataType.INT32, "INT64": ir.DataType.INT64, "BOOL": ir.DataType.BOOL,
    "FLOAT16": ir.DataType.FLOAT16}


class Unsupported(Exception):
    """Why an operator cannot be imported. Collected, never shown alone."""


class Builder:
    """One ONNX graph; tensors are named by their index in the file."""

    def __init__(self, graph: TfGraph) -> None:
        self.tensors = graph.tensors
        self.writers = {index: op for op in graph.operators for index in op.outputs}
        self._graph = graph
        self._nodes: list[ir.Node] = []
        self._initializers: list[ir.Value] = []
        self._taken: set[str] = {""}
        self._values: dict[tuple[int, str], ir.Value] = {}  # real numbers, by tensor and layout
        self._names = [self._tensor_name(i, t) for i, t in enumerate(self.tensors)]
        self._bound: set[ir.Value] = set()
        self._inputs = [self._input(index) for index in dict.fromkeys(graph.inputs)]

    def name(self, index: int) -> str:
        """The name of a tensor in the ONNX graph."""
        return self._names[index]

    def layout(self, index: int) -> str:
        """How a tensor was written: NCHW by an image operator, else NHWC."""
        return NHWC if (index, NHWC) in self._values or (index, NCHW) not in self._values else NCHW

    def is_written(self, index: int) -> bool:
        """Whether the tensor has a value by now."""
        return (self.tensors[index].data is not None or (index, NHWC) in self._values
                or (index, NCHW) in self._values)

    def value(self, index: int, layout: str = NHWC) -> ir.Value:
        """The real numbers of a tensor (plain integers where it has no scale) in a layout."""
        if (index, layout) not in self._values:
            self._values[index, layout] = self._made(index, layout)
        return self._values[index, layout]

    def constant(self, stem: str, data: Any, scales: Scales | None = None) -> ir.Value:
        """A new constant; with scales, DequantizeLinear of it."""
        value = self._initializer(stem, data)
        return value if scales is None else self._dequantize(value, scales)

    def emit(self, op: str, inputs: Sequence[ir.Value | None], name: str,
             **attributes: Any) -> ir.Value:
        """A node with one output, both named `name`."""
        node = ir.node(op, inputs, attributes, name=take(f"{name}/{op}", self._taken))
        self._nodes.append(node)
        value = node.outputs[0]
        value.name = take(f"{name}/{op}:0", self._taken)
        return value

    def split(self, value: ir.Value, sizes: Sequence[int], name: str, axis: int) -> list[ir.Value]:
        """A Split node into parts of these sizes."""
        lengths = self.constant(f"{name}/sizes", np.asarray(sizes, np.int64))
        node = ir.node("Split", [value, lengths], {"axis": axis}, num_outputs=len(sizes),
                       name=take(f"{name}/Split", self._taken))
        self._nodes.append(node)
        for output in node.outputs:
            output.name = take(f"{name}/part", self._taken)
        return list(node.outputs)

    def write(self, index: int, value: ir.Value, layout: str = NHWC) -> None:
        """`value` becomes tensor `index`; quantized when the file has it so."""
        tensor, name = self.tensors[index], self._names[index]
        if layout == NCHW and index in self._graph.outputs:
            value, layout = self.emit("Transpose", [value], name, perm=TO_NHWC), NHWC
        if tensor.quantized:
            assert tensor.scales is not None
            stored = self.emit("QuantizeLinear", [value, *self._parameters(tensor)], name)
            stored.type = ir.TensorType(element_type(tensor))
            self._bind(stored, name)
            self._values[index, layout] = self._dequantize(stored, tensor.scales, name)
            return
        if value in self._bound or value.is_initializer() or value.producer() is None:
            value = self.emit("Identity", [value], name)
        self._bind(value, name)
        self._values[index, layout] = value

    def finish(self) -> ir.Model:
        """The model, inputs and outputs as the file has them."""
        outputs = [self._output(index, number) for number, index in enumerate(self._graph.outputs)]
        graph = ir.Graph(self._inputs, outputs, nodes=self._nodes,
                         initializers=self._initializers, opset_imports={"": OPSET},
                         name=self._graph.name)
        return ir.Model(graph, ir_version=9, producer_name="edgec")

    def _tensor_name(self, index: int, tensor: TfTensor) -> str:
        """A constant takes its name when an operator needs it, and may need it in two forms."""
        name = tensor.name or f"tensor_{index}"
        return name if tensor.data is not None else take(name, self._taken)

    def _input(self, index: int) -> ir.Value:
        tensor = self.tensors[index]
        value = ir.Value(name=self._names[index], shape=ir.Shape(tensor.shape),
                         type=ir.TensorType(element_type(tensor)))
        self._bound.add(value)
        self._values[index, NHWC] = value
        if tensor.quantized:
            assert tensor.scales is not None
            self._values[index, NHWC] = self._dequantize(value, tensor.scales, value.name or "")
        return value

    def _output(self, index: int, number: int) -> ir.Value:
        """The value that leaves the model; a copy where it is an input, a constant or twice."""
        value, tensor = self.value(index), self.tensors[index]
        if tensor.quantized:
            producer = value.producer()
            assert producer is not None
            stored = producer.inputs[0]
            assert stored is not None
            value = stored
        used = index in self._graph.outputs[:number]
        if used or value.producer() is None:
            value = self.emit("Identity", [value], f"{self._names[index]}_out")
        value.shape = ir.Shape(tensor.shape)
        value.type = ir.TensorType(element_type(tensor))
        return value

    def _made(self, index: int, layout: str) -> ir.Value:
        tensor, name = self.tensors[index], self._names[index]
        if tensor.data is not None and layout == NCHW:
            return self.constant(name, channels_second(tensor), tensor.scales
                                 if tensor.quantized else None)
        if tensor.data is not None:
            return self.constant(name, tensor.data, tensor.scales if tensor.quantized else None)
        if layout == NHWC:
            return self.emit("Transpose", [self._values[index, NCHW]], name, perm=TO_NHWC)
        return self.emit("Transpose", [self._values[index, NHWC]], name, perm=TO_NCHW)

    def _dequantize(self, stored: ir.Value, scales: Scales, name: str = "") -> ir.Value:
        assert stored.dtype is not None
        name = name or str(stored.name)
        inputs = [stored, *self._scale_inputs(name, scales, stored.dtype.numpy())]
        axis = {} if scales.axis is None else {"axis": scales.axis}
        return self.emit("DequantizeLinear", inputs, name, **axis)

    def _parameters(self, tensor: TfTensor) -> list[ir.Value]:
        assert tensor.scales is not None
        if tensor.scales.axis is not None:
            raise Unsupported(f"writes {tensor.name!r}, an activation with a scale per channel")
        dtype = np.dtype(np.uint8 if tensor.dtype == "UINT8" else np.int8)
        return self._scale_inputs(tensor.name, tensor.scales, dtype)

    def _scale_inputs(self, name: str, scales: Scales, dtype: np.dtype[Any]) -> list[ir.Value]:
        limits = np.iinfo(dtype)
        if np.any((scales.zero_point < limits.min) | (scales.zero_point > limits.max)):
            raise Unsupported(f"has a zero point outside [{limits.min}, {limits.max}]")
        scale, zero = scales.scale, scales.zero_point.astype(dtype)
        if scales.axis is None:
            scale, zero = scale.reshape(()), zero.reshape(())
        return [self._initializer(f"{name}/scale", scale),
                self._initializer(f"{name}/zero_point", zero)]

    def _initializer(self, stem: str, data: Any) -> ir.Value:
        array = np.array(data, order="C")
        name = take(stem, self._taken)
        tensor = ir.tensor(array, name=name)
        value = ir.Value(name=name, shape=ir.Shape(array.shape), const_value=tensor,
                         type=ir.TensorType(tensor.dtype))
        self._initializers.append(value)
        return value

    def _bind(self, value: ir.Value, name: str) -> None:
        value.name = name
        self._bound.add(value)


def element_type(tensor: TfTensor) -> ir.DataType:
    """The ONNX element type of a tensor; Unsupported when it has none here."""
    if tensor.dtype not in _TYPES:
        raise Unsupported(f"has the tensor {tensor.name!r} of type {tensor.dtype}; supported are "
                          f"{', '.join(_TYPES)}")
    return _TYPES[tensor.dtype]


def channels_second(tensor: TfTensor) -> Array:
    """A constant that broadcasts over NHWC, so that it does over NCHW."""
    assert tensor.data is not None
    data = tensor.data
    if data.size == 1:
        return data.reshape(())
    return data.reshape((1,) * (4 - data.ndim) + data.shape).transpose(TO_NCHW)
