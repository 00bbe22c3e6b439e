"""ONNX files: reading them as hostile input, writing them in one atomic step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from edgec.atomic import replace_file
from edgec.errors import ModelError

LARGEST_FILE_BYTES = 2**31 - 1  # protobuf cannot hold more


def read_onnx(path: Path) -> ir.Model:
    """The model in the file `path`, checked by ONNX's checker, external data read into memory.

    ModelError when the file is missing, empty, not ONNX, truncated, inconsistent, or when its
    external data is missing, too short or outside the model's folder.
    """
    proto = _parse(path, read_bytes(path))
    for tensor in _external_tensors(proto):
        _embed(tensor, path)
    try:
        onnx.checker.check_model(proto)
    except (onnx.checker.ValidationError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not a valid ONNX model: {_first_line(error)} "
                         "Export it again, or repair it.") from None
    try:
        model = ir.serde.deserialize_model(proto)
        ir.serde.serialize_model(model)  # protobuf lets text through that is not UTF-8
        return model
    except (ValueError, TypeError, KeyError, ir.serde.SerdeError) as error:
        raise ModelError(f"{path} is not a valid ONNX model: {_first_line(error)}") from None


def save_model(model: ir.Model, path: str | Path) -> None:
    """Writes `model` to `path`; a reader sees the old file or the whole new one, never a part.

    ModelError when the folder is missing, the disk is full or the model is larger than 2 GiB.
    """
    path = Path(path)
    try:
        data = ir.serde.serialize_model(model).SerializeToString()
    except (ValueError, ir.serde.SerdeError) as error:
        raise ModelError(f"the model cannot be written to {path}: {_first_line(error)} "
                         "An ONNX file holds at most 2 GiB.") from None
    try:
        replace_file(path, data)
    except OSError as error:
        raise ModelError(f"cannot write the model to {path}: {error.strerror or error}. "
                         "Nothing was changed there.") from None


def read_bytes(path: Path) -> bytes:
    """A model file; ModelError when it is missing, empty, unreadable or larger than 2 GiB."""
    try:
        size = path.stat().st_size
        if size == 0:
            raise ModelError(f"{path} is empty. Export the model again.")
        if size > LARGEST_FILE_BYTES:
            raise ModelError(f"{path} has {size} bytes; a model file holds at most "
                             f"{LARGEST_FILE_BYTES}. ONNX can keep weights as external data.")
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"there is no model file {path}. Give the path of an .onnx, .tflite, "
                         ".keras or .h5 file or of a SavedModel folder, or "
                         "package.module:callable for a torch module.") from None
    except OSError as error:
        raise ModelError(f"cannot read the model {path}: {error.strerror or error}.") from None


def _parse(path: Path, data: bytes) -> onnx.ModelProto:
    try:
        proto: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except DecodeError:
        text = _looks_like_text(data)
        found = "a text file" if text else "not an ONNX file, or a truncated one"
        raise ModelError(f"{path} is {found} ({len(data)} bytes). Give a binary ONNX file; "
                         f"{'a text file cannot be read' if text else 'copy or export it again'}."
                         ) from None
    if not proto.HasField("graph"):
        raise ModelError(f"{path} holds no graph, so it is not an ONNX model. "
                         "Give a file written by an ONNX exporter.")
    return proto


def _looks_like_text(data: bytes) -> bool:
    head = data[:512]
    return all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def _external_tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    tensors = [*_graph_tensors(proto.graph)]
    for function in proto.functions:
        tensors += _node_tensors(function.node)
    return (t for t in tensors if t.data_location == onnx.TensorProto.EXTERNAL)


def _graph_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _node_tensors(graph.node)


def _node_tensors(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for attribute in (a for node in nodes for a in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for graph in (attribute.g, *attribute.graphs):
            yield from _graph_tensors(graph)


def _embed(tensor: onnx.TensorProto, path: Path) -> None:
    """Reads a tensor's external data into the tensor itself."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    file = _external_file(tensor.name, entries.get("location", ""), path)
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", -1))
    except ValueError:
        raise ModelError(f"{path}: tensor {tensor.name!r} has an external offset or length that "
                         "is not a number. Export the model again.") from None
    size = file.stat().st_size
    length = size - offset if "length" not in entries else length
    if offset < 0 or length < 0 or offset + length > size:
        raise ModelError(f"{path}: tensor {tensor.name!r} lies at bytes {offset} to "
                         f"{offset + length} of {file.name}, which has {size}. "
                         "The data file belongs to another model or is truncated.")
    with file.open("rb") as stream:
        stream.seek(offset)
        tensor.raw_data = stream.read(length)
    del tensor.external_data[:]
    tensor.data_location = onnx.TensorProto.DEFAULT


def _external_file(name: str, location: str, path: Path) -> Path:
    """The data file of a tensor: a regular file inside the model's own folder, links resolved."""
    folder = path.resolve().parent
    file = folder if "\0" in location else (folder / location).resolve()
    if file == folder or Path(location).is_absolute() or not file.is_relative_to(folder):
        raise ModelError(f"{path}: tensor {name!r} has its data in {location!r}, which is outside "
                         f"the model's folder. Put the data file beside the model.")
    if not file.is_file():
        raise ModelError(f"{path}: the data file {location!r} of tensor {name!r} is missing. "
                         "Copy it beside the model.")
    return file


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
