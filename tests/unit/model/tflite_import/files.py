"""Small .tflite files by the schema's own classes, written as told: right or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TYPE_NAMES = {"float32": "FLOAT32", "float16": "FLOAT16", "int8": "INT8", "uint8": "UINT8",
              "int16": "INT16", "int32": "INT32", "int64": "INT64", "bool": "BOOL"}


_VERSIONS = {"BROADCAST_TO": 2}  # the first that LiteRT still has


@dataclass
class T:
    """A tensor; data makes it a constant."""

    name: str
    shape: Sequence[int] = ()
    dtype: str = "float32"
    data: Any = None
    scale: Sequence[float] = ()
    zero: Sequence[int] = ()
    axis: int = 0
    changes: Mapping[str, Any] = field(default_factory=dict)  # fields of the schema's TensorT


@dataclass
class Op:
    """An operator; inputs and outputs are names, "" for one that is left out."""

    code: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    table: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def constant(name: str, values: Any, **more: Any) -> T:
    """A constant tensor."""
    array = np.asarray(values)
    return T(name, array.shape, str(array.dtype), array, **more)


def int32(name: str, values: Any) -> T:
    """A constant of sizes, axes or positions."""
    return constant(name, np.asarray(values, np.int32))


def write(tensors: Sequence[T], operators: Sequence[Op], inputs: Sequence[str],
          outputs: Sequence[str], subgraphs: int = 1) -> bytes:
    """The bytes of a file."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT()
    model.version = 3
    model.buffers = [schema.BufferT()]
    model.operatorCodes = [_code(schema, op.code) for op in operators]
    graph = schema.SubGraphT()
    index = {t.name: i for i, t in enumerate(tensors)} | {"": -1}
    graph.tensors = [_tensor(schema, t, model.buffers) for t in tensors]
    graph.operators = [_operator(schema, op, i, index) for i, op in enumerate(operators)]
    graph.inputs, graph.outputs = [index[n] for n in inputs], [index[n] for n in outputs]
    model.subgraphs = [graph] * subgraphs
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _code(schema: Any, code: str) -> Any:
    made = schema.OperatorCodeT()
    made.version = _VERSIONS.get(code, 1)
    made.builtinCode = schema.BuiltinOperator.CUSTOM
    if code.startswith("custom "):
        made.customCode = code.removeprefix("custom ")
    else:
        made.builtinCode = getattr(schema.BuiltinOperator, code)
    made.deprecatedBuiltinCode = min(made.builtinCode, 127)
    return made


def _tensor(schema: Any, t: T, buffers: list[Any]) -> Any:
    made = schema.TensorT()
    made.name, made.shape = t.name, list(t.shape)
    made.type = getattr(schema.TensorType, TYPE_NAMES.get(t.dtype, t.dtype))
    if t.data is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(t.data).tobytes(), np.uint8)
        made.buffer = len(buffers)
        buffers.append(buffer)
    if len(t.scale):
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale = [float(s) for s in t.scale]
        made.quantization.zeroPoint = list(t.zero) or [0] * len(t.scale)
        made.quantization.quantizedDimension = t.axis
    for name, value in t.changes.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def _operator(schema: Any, op: Op, code: int, index: Mapping[str, int]) -> Any:
    made = schema.OperatorT()
    made.opcodeIndex = code
    made.inputs = [index[n] for n in op.inputs]
    made.outputs = [index[n] for n in op.outputs]
    if op.table:
        made.builtinOptionsType = getattr(schema.BuiltinOptions, op.table)
        made.builtinOptions = getattr(schema, f"{op.table}T")()
        for name, value in op.options.items():
            assert hasattr(made.builtinOptions, name), (op.table, name)
            setattr(made.builtinOptions, name, value)
    return made
