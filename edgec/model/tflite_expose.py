"""TensorFlow Lite files in which what operators write is a model output: what a runtime computes.

The operators stay as they are; a runtime cannot fuse two of them any more, nor share memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgec.errors import ModelError
from edgec.model.tflite_import._bounds import Broken
from edgec.model.tflite_import._file import TfGraph, load_schema, parse

SUPPORTED = ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")


@dataclass(frozen=True)
class ExposedFile:
    """data: a file. outputs: its outputs in order; the operator that writes each, by its name."""

    data: bytes
    outputs: dict[str, str]


def expose_tflite(data: bytes, where: str, limit: int) -> Iterator[ExposedFile]:
    """The file as often as it takes to have each written tensor as an output, `limit` in each.

    Tensors without a name of their own are left out. ModelError, calling the file `where`, when
    it is malformed.
    """
    try:
        graph = parse(data, where)
    except Broken as error:
        raise ModelError(f"{where} cannot be read as a TensorFlow Lite model: {error}.") from None
    written = list(_written(graph))
    schema = load_schema(where)
    for start in range(0, len(written), limit):
        part = written[start:start + limit]
        yield ExposedFile(_with_outputs(schema, data, graph, [index for index, _ in part]),
                          {graph.tensors[index].name: code for index, code in part})


def input_names(data: bytes, where: str) -> tuple[str, ...]:
    """The names of a file's inputs, in order."""
    graph = parse(data, where)
    return tuple(graph.tensors[index].name for index in graph.inputs)


def output_names(data: bytes, where: str) -> tuple[str, ...]:
    """The names of a file's outputs, in order."""
    graph = parse(data, where)
    return tuple(graph.tensors[index].name for index in graph.outputs)


def _written(graph: TfGraph) -> Iterator[tuple[int, str]]:
    """The tensors that operators write, and the operators."""
    known = Counter(tensor.name for tensor in graph.tensors)
    for operator in graph.operators:
        for index in operator.outputs:
            tensor = graph.tensors[index]
            if tensor.name and known[tensor.name] == 1 and tensor.dtype in SUPPORTED:
                yield index, operator.code


def _with_outputs(schema: Any, data: bytes, graph: TfGraph, outputs: list[int]) -> bytes:
    import flatbuffers

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    model.subgraphs[0].outputs = outputs
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs, signature.outputs = (
        [_port(schema, graph, index) for index in indices] for indices in (graph.inputs, outputs))
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(data) + 2**16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _port(schema: Any, graph: TfGraph, index: int) -> Any:
    made = schema.TensorMapT()
    made.name, made.tensorIndex = graph.tensors[index].name, index
    return made
