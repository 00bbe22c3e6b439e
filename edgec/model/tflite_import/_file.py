"""What a .tflite file holds, read once and checked: indices in range, data as long as the shape.

Names of operators, types and options are those of schema.fbs.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.errors import MissingExtra
from edgec.model.tflite_import import _bounds, _sparse
from edgec.model.tflite_import._bounds import Broken

Array = npt.NDArray[Any]

TYPES: Mapping[str, np.dtype[Any]] = MappingProxyType({
    "FLOAT32": np.dtype("<f4"), "FLOAT16": np.dtype("<f2"), "FLOAT64": np.dtype("<f8"),
    "INT8": np.dtype("i1"), "UINT8": np.dtype("u1"), "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"), "INT64": np.dtype("<i8"), "BOOL": np.dtype("?")})
LARGEST_TENSOR = 2**31 - 1  # elements


@dataclass(frozen=True)
class Scales:
    """real = scale * (q - zero_point): one of each, or one per index of `axis`."""

    scale: Array
    zero_point: Array
    axis: int | None


@dataclass(frozen=True)
class TfTensor:
    """One tensor. data: a constant's values, sparse ones dense and 4-bit ones as int8."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: Scales | None
    data: Array | None
    variable: bool = False

    @property
    def quantized(self) -> bool:
        """Whether its 8-bit integers stand for real numbers."""
        return self.scales is not None and self.dtype in ("INT8", "UINT8")


@dataclass(frozen=True)
class TfOperator:
    """One operator; inputs and outputs are indices of tensors, −1 for one that is left out."""

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class TfGraph:
    """The first subgraph of a file, and how many there are."""

    name: str
    tensors: tuple[TfTensor, ...]
    operators: tuple[TfOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: int = 1


def parse(data: bytes, where: str) -> TfGraph:
    """The graph in the bytes of a .tflite file.

    Broken, with the reason, for what is malformed; MissingExtra, naming `where`, without the
    schema's classes.
    """
    _bounds.check(data)
    schema = load_schema(where)
    try:
        return _Reader(schema, schema.Model.GetRootAs(data, 0), data).graph()
    except (struct.error, IndexError, ValueError, TypeError, OverflowError) as error:
        raise Broken(f"{type(error).__name__}: {error}") from None


def _densified(tensors: Sequence[TfTensor], operators: Sequence[TfOperator]
               ) -> tuple[tuple[TfTensor, ...], tuple[TfOperator, ...]]:
    """Without DENSIFY of constants, which are dense since they were read: so are its results."""
    made, kept = list(tensors), []
    for operator in operators:
        source = operator.inputs[0] if len(operator.inputs) == 1 else -1
        if operator.code != "DENSIFY" or source < 0 or tensors[source].data is None \
                or len(operator.outputs) != 1 \
                or _kind(tensors[operator.outputs[0]]) != _kind(tensors[source]):
            kept.append(operator)
            continue
        made[operator.outputs[0]] = replace(tensors[operator.outputs[0]],
                                            data=tensors[source].data)
    return tuple(made), tuple(kept)


def _kind(tensor: TfTensor) -> tuple[tuple[int, ...], str]:
    return tensor.shape, tensor.dtype


def load_schema(purpose: str) -> Any:
    """The schema's classes; MissingExtra without ai-edge-litert."""
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError:
        raise MissingExtra("ai-edge-litert", "tflite", f"reading {purpose}") from None
    return schema_py_generated


@cache
def _names(enumeration: type) -> Mapping[int, str]:
    return {number: name for name, number in vars(enumeration).items() if isinstance(number, int)}


class _Reader:
    """The tables of one file."""

    def __init__(self, schema: Any, model: Any, data: bytes) -> None:
        self._schema, self._model, self._data = schema, model, data

    def graph(self) -> TfGraph:
        """The first subgraph."""
        count = self._model.SubgraphsLength()
        if count < 1:
            raise Broken("it has no subgraph")
        graph = self._model.Subgraphs(0)
        tensors = tuple(self._tensor(graph.Tensors(i)) for i in range(graph.TensorsLength()))
        operators = tuple(self._operator(graph.Operators(i), len(tensors))
                          for i in range(graph.OperatorsLength()))
        inputs = _indices(graph.InputsAsNumpy(), len(tensors), "a model input")
        outputs = _indices(graph.OutputsAsNumpy(), len(tensors), "a model output")
        self._refuse_dynamic(graph, tensors, inputs)
        name = _text(graph.Name()) or "model"
        tensors, operators = _densified(tensors, operators)
        return TfGraph(name, tensors, operators, inputs, outputs, count)

    def _refuse_dynamic(self, graph: Any, tensors: Sequence[TfTensor], inputs: Sequence[int]
                        ) -> None:
        """An open first dimension is a batch, of which the file says 1."""
        for index in inputs:
            signature = _ints(graph.Tensors(index).ShapeSignatureAsNumpy())
            if any(dim < 0 for dim in signature[1:]):
                raise Broken(f"its input {tensors[index].name!r} has the open shape "
                             f"{list(signature)}; a board runs fixed shapes")

    def _tensor(self, tensor: Any) -> TfTensor:
        name, shape = _text(tensor.Name()), _ints(tensor.ShapeAsNumpy())
        dtype = _names(self._schema.TensorType).get(tensor.Type(), f"TYPE_{tensor.Type()}")
        if any(dim < 0 for dim in shape) or math.prod(shape) > LARGEST_TENSOR:
            raise Broken(f"its tensor {name!r} has the shape {list(shape)}")
        if tensor.ExternalBuffer():
            raise Broken(f"its tensor {name!r} lies in another file")
        data = self._constant(tensor, name, shape, dtype)
        dtype = "INT8" if dtype == "INT4" else dtype
        scales = _scales(tensor.Quantization(), name, shape)
        return TfTensor(name, shape, dtype, scales, data, bool(tensor.IsVariable()))

    def _constant(self, tensor: Any, name: str, shape: tuple[int, ...], dtype: str
                  ) -> Array | None:
        raw = self._buffer(tensor.Buffer(), name)
        if dtype in TYPES and math.prod(shape) == 0:
            return np.zeros(shape, TYPES[dtype])  # the shape of a number, for one
        if not len(raw) or (dtype not in TYPES and dtype != "INT4"):
            return None
        sparsity = tensor.Sparsity()
        if dtype == "INT4":
            values = _unpacked(raw, math.prod(shape) if sparsity is None else 2 * len(raw))
        elif len(raw) % TYPES[dtype].itemsize:
            raise Broken(f"its tensor {name!r} has {len(raw)} bytes of {dtype}")
        else:
            values = raw.view(TYPES[dtype])
        if sparsity is not None:
            values = _sparse.dense(sparsity, values, shape, name)
        if values.size != math.prod(shape):
            raise Broken(f"its tensor {name!r} of shape {list(shape)} has {values.size} values")
        return values.reshape(shape)

    def _buffer(self, index: int, name: str) -> Array:
        """The bytes of a buffer, as they lie in the file; none for an activation."""
        if index >= self._model.BuffersLength():
            raise Broken(f"its tensor {name!r} has buffer {index} of {self._model.BuffersLength()}")
        buffer = self._model.Buffers(index)
        start, size = buffer.Offset(), buffer.Size()
        if start <= 1:
            return np.zeros(0, np.uint8) if buffer.DataIsNone() else np.asarray(
                buffer.DataAsNumpy())
        if start + size > len(self._data):
            raise Broken(f"the data of its tensor {name!r} lies outside the file")
        return np.frombuffer(self._data, np.uint8, size, start)

    def _operator(self, operator: Any, tensors: int) -> TfOperator:
        code = self._code(operator.OpcodeIndex())
        inputs = _indices(operator.InputsAsNumpy(), tensors, f"an input of a {code}", -1)
        outputs = _indices(operator.OutputsAsNumpy(), tensors, f"an output of a {code}")
        return TfOperator(code, inputs, outputs, self._options(operator))

    def _code(self, index: int) -> str:
        if index >= self._model.OperatorCodesLength():
            raise Broken(f"an operator has code {index} of {self._model.OperatorCodesLength()}")
        code = self._model.OperatorCodes(index)
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = _names(self._schema.BuiltinOperator).get(number, f"operator {number}")
        return f"CUSTOM {_text(code.CustomCode())!r}" if name == "CUSTOM" else name

    def _options(self, operator: Any) -> Mapping[str, Any]:
        table = operator.BuiltinOptions()
        if table is None:
            return {}
        made = self._schema.BuiltinOptionsCreator(operator.BuiltinOptionsType(), table)
        return {} if made is None else vars(made)


def _scales(quantization: Any, name: str, shape: tuple[int, ...]) -> Scales | None:
    if quantization is None or not quantization.ScaleLength():
        return None
    if quantization.DetailsType():
        raise Broken(f"its tensor {name!r} is quantized in a way of its own")
    scale = np.array(quantization.ScaleAsNumpy(), np.float32)
    zero = np.zeros(scale.size, np.int64)
    if quantization.ZeroPointLength():
        zero = np.array(quantization.ZeroPointAsNumpy(), np.int64)
    axis = quantization.QuantizedDimension() if scale.size > 1 else None
    if zero.size == 1:
        zero = np.repeat(zero, scale.size)
    fits = axis is None or (0 <= axis < len(shape) and shape[axis] == scale.size)
    if zero.size != scale.size or not fits:
        raise Broken(f"its tensor {name!r} of shape {list(shape)} has {scale.size} scales and "
                     f"{zero.size} zero points along axis {axis}")
    if not np.all(np.isfinite(scale) & (scale >= 0)):
        raise Broken(f"its tensor {name!r} has a scale that is not a positive number")
    return Scales(scale, zero, axis) if np.all(scale > 0) else None


def _unpacked(raw: Array, count: int) -> Array:
    """4-bit integers, two a byte, the lower half first."""
    both = np.stack([raw & 15, raw >> 4], axis=-1).reshape(-1)[:count].astype(np.int8)
    return np.asarray(np.where(both > 7, both - 16, both), np.int8)


def _ints(values: Any) -> tuple[int, ...]:
    """A vector of the file; the reader gives the number 0 for one that is left out."""
    return () if isinstance(values, int) else tuple(int(v) for v in values)


def _indices(values: Any, count: int, what: str, least: int = 0) -> tuple[int, ...]:
    found = _ints(values)
    if any(not least <= index < count for index in found):
        raise Broken(f"{what} is one of the tensors {list(found)}; there are {count}")
    return found


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
