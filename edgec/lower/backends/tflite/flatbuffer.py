"""Records to the bytes of a .tflite file, with the schema's own classes. Same records, same bytes.

Format: schema.fbs of TensorFlow Lite, version 3, file identifier "TFL3". Buffer 0 is empty and
belongs to every tensor without data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.errors import LoweringError, MissingExtra
from edgec.format import few_bits
from edgec.lower.backends.tflite.operators import min_runtime
from edgec.lower.backends.tflite.records import (
    ModelRecord,
    OperatorRecord,
    Options,
    SubgraphRecord,
)
from edgec.lower.backends.tflite.sparse import Blocks
from edgec.lower.graph import Array, Quantization, Tensor

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
SIZE_LIMIT = 2**31 - 2**20  # offsets are 31 bits; the rest of the file fits the last MiB
ALIGNMENT = 16  # of a buffer's data, as the schema demands: kernels read it in place
OLD_CODE_LIMIT = 127  # the deprecated code has one byte; there it stands for "look at the new one"
RUNTIME_BYTES = 16
TYPES: Mapping[str, str] = MappingProxyType({
    "f32": "FLOAT32", "s8": "INT8", "u8": "UINT8", "s32": "INT32", "s64": "INT64",
    "bool": "BOOL"})


def pack(model: ModelRecord) -> bytes:
    """The file; LoweringError when it would have 2 GiB, MissingExtra without ai-edge-litert."""
    schema = _schema()
    total = sum(t.nbytes for s in model.subgraphs for t in s.tensors if t.data is not None)
    if total > SIZE_LIMIT:
        raise LoweringError(f"the constants of {model.name!r} have {total} bytes; a .tflite file "
                            f"has room for {SIZE_LIMIT}. Use the native backend.")
    import flatbuffers

    builder = flatbuffers.Builder(total + 2**16)
    builder.Finish(_Packer(schema, model).model().Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def _schema() -> Any:
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError:
        raise MissingExtra("ai-edge-litert", "tflite", "The tflite backend") from None
    return schema_py_generated


class _Packer:
    """One model on its way to the schema's objects."""

    def __init__(self, schema: Any, model: ModelRecord) -> None:
        self._schema, self._model = schema, model
        self._buffers: list[Any] = [schema.BufferT()]
        self._buffer_of: dict[bytes, int] = {}
        self._codes = sorted({(op.code, op.version) for subgraph in model.subgraphs
                              for op in subgraph.operators})

    def model(self) -> Any:
        """ModelT."""
        made = self._schema.ModelT()
        made.version = SCHEMA_VERSION
        made.description = "edgec"
        made.operatorCodes = [self._code(*code) for code in self._codes]
        made.subgraphs = [self._subgraph(subgraph) for subgraph in self._model.subgraphs]
        made.signatureDefs = [self._signature(i) for i in range(len(self._model.subgraphs))]
        runtime = min_runtime(self._codes).encode().ljust(RUNTIME_BYTES, b"\0")
        made.metadata = [self._metadata(name, data) for name, data in
                         {"min_runtime_version": runtime, **self._model.metadata}.items()]
        made.buffers = self._buffers
        return made

    def _code(self, code: str, version: int) -> Any:
        made = self._schema.OperatorCodeT()
        made.builtinCode = getattr(self._schema.BuiltinOperator, code)
        made.deprecatedBuiltinCode = min(made.builtinCode, OLD_CODE_LIMIT)
        made.version = version
        return made

    def _subgraph(self, subgraph: SubgraphRecord) -> Any:
        made = self._schema.SubGraphT()
        made.name = subgraph.name
        made.tensors = [self._tensor(t, i in subgraph.four_bits, subgraph.sparse.get(i))
                        for i, t in enumerate(subgraph.tensors)]
        made.operators = [self._operator(op) for op in subgraph.operators]
        made.inputs, made.outputs = _indices(subgraph.inputs), _indices(subgraph.outputs)
        return made

    def _tensor(self, tensor: Tensor, four_bits: bool, sparse: Blocks | None) -> Any:
        made = self._schema.TensorT()
        made.name, made.shape = tensor.name, _indices(tensor.shape)
        made.hasRank = True
        made.type = getattr(self._schema.TensorType, "INT4" if four_bits else TYPES[tensor.dtype])
        if sparse is not None:
            made.buffer = self._buffer(sparse.values.tobytes())
            made.sparsity = sparse.parameters(self._schema, tensor.shape)
        elif tensor.data is not None:
            data = np.ascontiguousarray(tensor.data)
            made.buffer = self._buffer(few_bits.pack(data, "s4") if four_bits else data.tobytes())
        if tensor.quantization is not None:
            made.quantization = self._quantization(tensor.quantization)
        return made

    def _quantization(self, quantization: Quantization) -> Any:
        made = self._schema.QuantizationParametersT()
        made.scale = quantization.scale.astype("<f4")
        made.zeroPoint = quantization.zero_point.astype("<i8")
        made.quantizedDimension = quantization.axis or 0
        return made

    def _operator(self, op: OperatorRecord) -> Any:
        made = self._schema.OperatorT()
        made.opcodeIndex = self._codes.index((op.code, op.version))
        made.inputs, made.outputs = _indices(op.inputs), _indices(op.outputs)
        if op.options is not None:
            made.builtinOptionsType = getattr(self._schema.BuiltinOptions, op.options.table)
            made.builtinOptions = self._options(op.options)
        return made

    def _options(self, options: Options) -> Any:
        made = getattr(self._schema, f"{options.table}T")()
        for field, value in options.fields.items():
            assert hasattr(made, field), (options.table, field)
            setattr(made, field, value)
        return made

    def _signature(self, index: int) -> Any:
        subgraph = self._model.subgraphs[index]
        made = self._schema.SignatureDefT()
        made.signatureKey = "serving_default" if index == 0 else f"segment_{index}"
        made.subgraphIndex = index
        made.inputs = [self._named(subgraph, i) for i in subgraph.inputs]
        made.outputs = [self._named(subgraph, i) for i in subgraph.outputs]
        return made

    def _named(self, subgraph: SubgraphRecord, index: int) -> Any:
        made = self._schema.TensorMapT()
        made.name, made.tensorIndex = subgraph.tensors[index].name, index
        return made

    def _metadata(self, name: str, data: bytes) -> Any:
        made = self._schema.MetadataT()
        made.name, made.buffer = name, self._buffer(data)
        return made

    def _buffer(self, data: bytes) -> int:
        """The index of a buffer; equal contents are stored once."""
        if data not in self._buffer_of:
            self._buffer_of[data] = len(self._buffers)
            self._buffers.append(_AlignedBuffer(self._schema, data))
        return self._buffer_of[data]


class _AlignedBuffer:
    """BufferT with its data aligned; the generated Pack, whose name this has, leaves that out."""

    def __init__(self, schema: Any, data: bytes) -> None:
        self._schema, self._data = schema, data

    def Pack(self, builder: Any) -> Any:
        """The offset of the table."""
        builder.StartVector(1, len(self._data), ALIGNMENT)
        builder.head -= len(self._data)
        builder.Bytes[builder.head:builder.head + len(self._data)] = self._data
        builder.vectorNumElems = len(self._data)
        vector = builder.EndVector()
        self._schema.BufferStart(builder)
        self._schema.BufferAddData(builder, vector)
        return self._schema.BufferEnd(builder)


def _indices(values: Sequence[int]) -> Array:
    return np.asarray(values, "<i4")
