"""The .edgec bytes to records. The bytes are hostile: every rule of spec.md is checked before use.

What an op's params and shapes mean is the engine's to check; this reader knows the container.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.errors import FormatError
from edgec.format import _graph_rules, few_bits, repeats
from edgec.format.plan_file import (
    ARENA_LIMIT,
    COUNT_LIMIT,
    HEADER_BYTES,
    KINDS,
    LAYOUTS,
    MAGIC,
    MAJOR,
    METADATA_LIMIT,
    NUMPY,
    PORT_LIMIT,
    RANK_LIMIT,
    STORED_DTYPES,
    STRING_LIMIT,
    TENSOR_LIMIT_BYTES,
    NodeRecord,
    PlanFile,
    TensorRecord,
    aligned,
)


@dataclass(frozen=True)
class Header:
    """The fields of the first 64 bytes that the rest is read with."""

    metadata_bytes: int
    file_bytes: int
    metadata_crc32: int
    tensor_count: int
    node_count: int
    input_count: int
    output_count: int
    arena_bytes: int
    compressed_bytes: int


def read(data: bytes) -> PlanFile:
    """The records of a whole file; FormatError says where it breaks which rule."""
    header = read_header(data)
    metadata = _metadata(data, header)
    end = HEADER_BYTES + header.metadata_bytes
    cursor = Cursor(metadata, HEADER_BYTES, end)
    crc = zlib.crc32(metadata[HEADER_BYTES:])
    require(crc == header.metadata_crc32, 24, f"the metadata's CRC-32 is {crc:#010x}, the header "
            f"says {header.metadata_crc32:#010x}; the file is damaged, make it again")
    name, producer, target = cursor.string(), cursor.string(), cursor.string()
    placed = [_tensor(cursor, header) for _ in range(header.tensor_count)]
    nodes = tuple(_node(cursor) for _ in range(header.node_count))
    inputs = tuple(cursor.numbers("I", header.input_count))
    outputs = tuple(cursor.numbers("I", header.output_count))
    require(cursor.at == end, cursor.at, f"the records end here, the metadata at {end}; they must "
                                         "end together")
    tensors = _with_constants(data[:len(data) - header.compressed_bytes], placed,
                              HEADER_BYTES if header.compressed_bytes else end)
    plan_file = PlanFile(name, producer, target, tensors, nodes, inputs, outputs,
                         header.arena_bytes)
    _graph_rules.check(plan_file)
    return plan_file


def _metadata(data: bytes, header: Header) -> bytes:
    """The header and the metadata behind it, not compressed: so that places are those of messages.
    """
    if not header.compressed_bytes:
        return data[:HEADER_BYTES + header.metadata_bytes]
    compressed = data[len(data) - header.compressed_bytes:]
    return data[:HEADER_BYTES] + repeats.decompress(compressed, header.metadata_bytes)


def read_header(data: bytes) -> Header:
    """The checked header."""
    require(len(data) >= HEADER_BYTES, 0, f"the file has {len(data)} bytes, a header alone has "
                                          f"{HEADER_BYTES}")
    require(data[:8] == MAGIC, 0, f"it starts with {data[:8]!r}, an .edgec file with {MAGIC!r}")
    major, minor, *fields = struct.unpack("<HHIQIIIHHQI", data[8:52])
    require(major == MAJOR, 8, f"its version is {major}.{minor}, this edgec reads {MAJOR}.x; lower "
                               "the model again")
    header = Header(*fields)
    for value, low, high, at, what in (
            (header.metadata_bytes, 0, METADATA_LIMIT, 12, "metadata_bytes"),
            (header.tensor_count, 1, COUNT_LIMIT, 28, "tensor_count"),
            (header.node_count, 0, COUNT_LIMIT, 32, "node_count"),
            (header.input_count, 1, PORT_LIMIT, 36, "input_count"),
            (header.output_count, 1, PORT_LIMIT, 38, "output_count"),
            (header.arena_bytes, 0, ARENA_LIMIT, 40, "arena_bytes")):
        require(low <= value <= high, at, f"{what} is {value}, it must be {low} to {high}")
    require(header.metadata_bytes % 4 == 0, 12, f"metadata_bytes is {header.metadata_bytes}, not a "
                                                "multiple of 4")
    require(header.arena_bytes % 64 == 0, 40, f"arena_bytes is {header.arena_bytes}, not a "
                                              "multiple of 64")
    require(not any(data[52:HEADER_BYTES]), 52, "the reserved bytes are not zero")
    require(header.file_bytes == len(data), 16, f"file_bytes is {header.file_bytes}, the file has "
                                                f"{len(data)}; it was cut or extended")
    _check_metadata_size(header)
    return header


def _check_metadata_size(header: Header) -> None:
    end = HEADER_BYTES + (header.compressed_bytes or header.metadata_bytes)
    require(end <= header.file_bytes, 12, f"the metadata ends at {end}, the file at "
                                          f"{header.file_bytes}")
    most = header.compressed_bytes * repeats.MOST_EXPANSION
    require(not most or header.metadata_bytes <= most, 48,
            f"metadata_bytes is {header.metadata_bytes}, and {header.compressed_bytes} compressed "
            f"bytes can be {most} at most")


def require(holds: bool, at: int, message: str) -> None:
    """FormatError with the file offset unless `holds`."""
    if not holds:
        raise FormatError(f"malformed .edgec file, at byte {at}: {message}.")


class Cursor:
    """Reads the metadata stream from `at` to `end`, never past it."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        require(count <= self.end - self.at, self.at,
                f"{count} more bytes are needed, the metadata has {self.end - self.at} left")
        self.at += count
        return self.data[self.at - count:self.at]

    def numbers(self, code: str, count: int) -> list[int]:
        """`count` little-endian integers of struct code `code`."""
        return list(struct.unpack(f"<{count}{code}", self.take(count * struct.calcsize(code))))

    def string(self) -> str:
        """A length-prefixed, zero-padded UTF-8 string."""
        at = self.at
        length, = self.numbers("I", 1)
        require(length <= STRING_LIMIT, at, f"a string has {length} bytes, at most {STRING_LIMIT} "
                                            "are allowed")
        raw, padding = self.take(length), self.take(-length % 4)
        require(not any(padding) and b"\0" not in raw, at, "a string holds NUL or its padding is "
                                                           "not zero")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(f"malformed .edgec file, at byte {at}: a string is not UTF-8 "
                              f"({error.reason}).") from error


@dataclass(frozen=True)
class _Placed:
    record: TensorRecord
    constant: bool
    at: int  # of the record, for messages


def _tensor(cursor: Cursor, header: Header) -> _Placed:
    at, name = cursor.at, cursor.string()
    dtype, rank, kind, layout = cursor.numbers("B", 4)
    for value, allowed, what in ((dtype, len(STORED_DTYPES), "data type"),
                                 (kind, len(KINDS), "kind"), (layout, len(LAYOUTS), "layout"),
                                 (rank, RANK_LIMIT + 1, "rank")):
        require(value < allowed, at, f"tensor {name!r} has {what} {value}, it must be below "
                                     f"{allowed}")
    dims = tuple(cursor.numbers("I", rank))
    scale, = struct.unpack("<f", cursor.take(4))
    zero_point, = cursor.numbers("i", 1)
    offset, size_bytes = cursor.numbers("Q", 2)
    named = STORED_DTYPES[dtype]
    stored = named if named in few_bits.BITS else ""
    record = TensorRecord(name, few_bits.READ_AS.get(named, named), dims, LAYOUTS[layout],
                          scale, zero_point, offset, stored=stored)
    placed = _Placed(record, kind == 1, at)
    _check_layout(name, kind, record.layout, (record.dtype, *dims), at)
    _check_place(placed, size_bytes, header)
    return placed


def _check_place(placed: _Placed, said_bytes: int, header: Header) -> None:
    """The dims, the bytes that the record says, and that they lie inside arena or file."""
    record, at = placed.record, placed.at
    where = f"tensor {record.name!r}"
    size = NUMPY[record.dtype].itemsize
    for dim in record.dims:
        require(1 <= dim < 2**31, at, f"{where} has a dim of {dim}, it must be 1 to 2^31-1")
        size *= dim
        require(size <= TENSOR_LIMIT_BYTES, at, f"{where} has more than 2^32 bytes")
    size = record.stored_bytes
    require(said_bytes == size, at, f"{where} says {said_bytes} bytes, its dims {size}")
    require(placed.constant or not record.stored, at,
            f"{where} lies in the arena and has type {record.stored!r}; only constants may")
    limit = header.file_bytes if placed.constant else header.arena_bytes
    require(record.stored != "" or record.offset % 64 == 0, at,
            f"{where} lies at {record.offset}; it must start at a multiple of 64")
    require(record.offset + size <= limit, at,
            f"{where} lies at {record.offset} with {size} bytes; it must end before {limit}")


def _check_layout(name: str, kind: int, layout: str, shape: tuple[str | int, ...], at: int
                  ) -> None:
    """shape: the dtype's name, then the dims."""
    require(layout == "plain" or kind == 1, at, f"tensor {name!r} lies in the arena and is packed "
                                                f"as {layout!r}; only constants may be")
    fits = {"plain": True, "s8_16c4": len(shape) == 6 and (shape[0], *shape[4:]) == ("s8", 16, 4),
            "f32_16": len(shape) == 5 and (shape[0], shape[4]) == ("f32", 16),
            "dw16": len(shape) == 4 and shape[0] in ("s8", "f32") and shape[3] == 16,
            "s8_block": len(shape) == 4 and shape[0] == "s8" and shape[2] in (4, 8, 16)
            and shape[3] == 4}[layout]
    require(fits, at, f"tensor {name!r}: layout {layout!r} cannot have type and dims {shape}")


def _node(cursor: Cursor) -> NodeRecord:
    op, name = cursor.string(), cursor.string()
    macs, = cursor.numbers("Q", 1)
    input_count, output_count = cursor.numbers("B", 2)
    param_count, = cursor.numbers("H", 1)
    return NodeRecord(op, name, macs, tuple(cursor.numbers("i", input_count)),
                      tuple(cursor.numbers("i", output_count)),
                      tuple(cursor.numbers("i", param_count)))


def _with_constants(data: bytes, placed: list[_Placed], end: int) -> tuple[TensorRecord, ...]:
    """Records with the data of constants, which must lie one after the other after `end`.

    Those of few bits follow the others.
    """
    tensors = [item.record for item in placed]
    constants = [i for i, item in enumerate(placed) if item.constant]
    for i in sorted(constants, key=lambda i: bool(tensors[i].stored)):
        record = tensors[i]
        expected = end if record.stored else aligned(end)
        require(record.offset == expected, placed[i].at, f"constant {record.name!r} lies at "
                f"{record.offset}, its place is {expected}")
        require(not any(data[end:expected]), end, "the bytes between constants are not zero")
        end = record.offset + record.stored_bytes
        tensors[i] = replace(record, data=_values(data, record), offset=0)
    require(end == len(data), end, f"the last constant ends here, the file at {len(data)}")
    return tuple(tensors)


def _values(data: bytes, record: TensorRecord) -> npt.NDArray[Any]:
    """The numbers of a constant, read-only where they are used in place."""
    if not record.stored:
        dtype = NUMPY[record.dtype]
        values = np.frombuffer(data, dtype, offset=record.offset,
                               count=record.nbytes // dtype.itemsize)
        return values.reshape(record.dims)
    raw = data[record.offset:record.offset + record.stored_bytes]
    count = record.nbytes // NUMPY[record.dtype].itemsize
    unpacked = few_bits.unpack(raw, record.stored, count)
    require(few_bits.pack(unpacked, record.stored) == raw, record.offset + len(raw) - 1,
            f"constant {record.name!r} has bits behind its last value that are not zero")
    return unpacked.reshape(record.dims)
