"""Records to .edgec bytes. The same records give the same bytes.

Where constants take few bits the file shall be small, and its metadata is compressed, too.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

from edgec.errors import FormatError
from edgec.format import few_bits, repeats
from edgec.format.plan_file import (
    HEADER_BYTES,
    LAYOUTS,
    MAGIC,
    MAJOR,
    METADATA_LIMIT,
    MINOR,
    NUMPY,
    STORED_DTYPES,
    STRING_LIMIT,
    NodeRecord,
    PlanFile,
    TensorRecord,
    aligned,
)


def write(plan_file: PlanFile) -> bytes:
    """The file; FormatError when a name or the metadata is too long."""
    metadata_bytes = len(_metadata(plan_file, [0] * len(plan_file.tensors)))
    if metadata_bytes > METADATA_LIMIT:
        raise FormatError(f"cannot write {plan_file.name!r}: its metadata takes {metadata_bytes} "
                          f"bytes, at most {METADATA_LIMIT} are allowed. Split the model.")
    small = any(tensor.stored for tensor in plan_file.tensors)
    start = HEADER_BYTES if small else HEADER_BYTES + metadata_bytes
    offsets, end = _place(plan_file.tensors, start)
    metadata = _metadata(plan_file, offsets)
    compressed = repeats.compress(metadata) if small else b""
    out = bytearray(end)
    out[:start] = _header(plan_file, metadata, end, len(compressed)) + (b"" if small else metadata)
    for tensor, offset in zip(plan_file.tensors, offsets, strict=True):
        if tensor.data is not None:
            out[offset:offset + tensor.stored_bytes] = _constant(tensor)
    return bytes(out) + compressed


def _header(plan_file: PlanFile, metadata: bytes, end: int, compressed_bytes: int) -> bytes:
    return MAGIC + struct.pack(
        "<HHIQIIIHHQI12x", MAJOR, MINOR, len(metadata), end + compressed_bytes,
        zlib.crc32(metadata), len(plan_file.tensors), len(plan_file.nodes),
        len(plan_file.inputs), len(plan_file.outputs), plan_file.arena_bytes, compressed_bytes)


def _place(tensors: Sequence[TensorRecord], end: int) -> tuple[list[int], int]:
    """Offsets of all tensors, in the arena or in the file, and where the file ends."""
    offsets = [tensor.offset for tensor in tensors]
    constants = [i for i, tensor in enumerate(tensors) if tensor.data is not None]
    for i in sorted(constants, key=lambda i: bool(tensors[i].stored)):
        offsets[i] = end if tensors[i].stored else aligned(end)
        end = offsets[i] + tensors[i].stored_bytes
    return offsets, end


def _metadata(plan_file: PlanFile, offsets: list[int]) -> bytes:
    parts = [_string(s) for s in (plan_file.name, plan_file.producer, plan_file.target)]
    parts += [_tensor(t, o) for t, o in zip(plan_file.tensors, offsets, strict=True)]
    parts += [_node(n) for n in plan_file.nodes]
    parts.append(struct.pack(f"<{len(plan_file.inputs)}I", *plan_file.inputs))
    parts.append(struct.pack(f"<{len(plan_file.outputs)}I", *plan_file.outputs))
    return b"".join(parts)


def _tensor(tensor: TensorRecord, offset: int) -> bytes:
    return b"".join((
        _string(tensor.name),
        bytes((STORED_DTYPES.index(tensor.stored or tensor.dtype), len(tensor.dims),
               int(tensor.data is not None), LAYOUTS.index(tensor.layout))),
        struct.pack(f"<{len(tensor.dims)}I", *tensor.dims),
        struct.pack("<fiQQ", tensor.scale, tensor.zero_point, offset, tensor.stored_bytes)))


def _node(node: NodeRecord) -> bytes:
    numbers = (*node.inputs, *node.outputs, *node.params)
    return b"".join((
        _string(node.op), _string(node.name),
        struct.pack("<QBBH", node.macs, len(node.inputs), len(node.outputs), len(node.params)),
        struct.pack(f"<{len(numbers)}i", *numbers)))


def _string(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > STRING_LIMIT or b"\0" in raw:
        raise FormatError(f"cannot write the name {text[:60]!r}: it has {len(raw)} bytes; names "
                          f"have at most {STRING_LIMIT}, none of them NUL. Rename it.")
    return struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)


def _constant(tensor: TensorRecord) -> bytes:
    data = np.asarray(tensor.data, NUMPY[tensor.dtype], order="C")
    assert data.shape == tensor.dims, (tensor.name, data.shape, tensor.dims)
    return few_bits.pack(data, tensor.stored) if tensor.stored else data.tobytes()
