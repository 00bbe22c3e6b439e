"""The .edgec bytes to records. The bytes are hostile: every rule of spec.md is checked before use.

What an op's params and shapes mean is the engine's to check; this reader knows the container.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

import numpy as np

from edgec.errors import FormatError
from edgec.format import _graph_rules
from edgec.format.plan_file import (
    ARENA_LIMIT,
    COUNT_LIMIT,
    DTYPES,
    HEADER_BYTES,
    KINDS,
    LAYOUTS,
    MAGIC,
    MAJOR,
    METADATA_LIMIT,
    NUMPY,
    PORT_LIMIT,
    RANK_LIMIT,
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


def read(data: bytes) -> PlanFile:
    """The records of a whole file; FormatError says where it breaks which rule."""
    header = read_header(data)
    end = HEADER_BYTES + header.metadata_bytes
    cursor = Cursor(data, HEADER_BYTES, end)
    crc = zlib.crc32(data[HEADER_BYTES:end])
    require(crc == header.metadata_crc32, 24, f"the metadata's CRC-32 is {crc:#010x}, the header "
            f"says {header.metadata_crc32:#010x}; the file is damaged, make it again")
    name, producer, target = cursor.string(), cursor.string(), cursor.string()
    placed = [_tensor(cursor, header) for _ in range(header.tensor_count)]
    nodes = tuple(_node(cursor) for _ in range(header.node_count))
    inputs = tuple(cursor.numbers("I", header.input_count))
    outputs = tuple(cursor.numbers("I", header.output_count))
    require(cursor.at == end, cursor.at, f"the records end here, the metadata at {end}; they must "
                                         "end together")
    tensors = _with_constants(data, placed, end)
    plan_file = PlanFile(name, producer, target, tensors, nodes, inputs, outputs,
                         header.arena_bytes)
    _graph_rules.check(plan_file)
    return plan_file


def read_header(data: bytes) -> Header:
    """The checked header."""
    require(len(data) >= HEADER_BYTES, 0, f"the file has {len(data)} bytes, a header alone has "
                                          f"{HEADER_BYTES}")
    require(data[:8] == MAGIC, 0, f"it starts with {data[:8]!r}, an .edgec file with {MAGIC!r}")
    major, minor, *fields = struct.unpack("<HHIQIIIHHQ", data[8:48])
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
    require(not any(data[48:HEADER_BYTES]), 48, "the reserved bytes are not zero")
    require(header.file_bytes == len(data), 16, f"file_bytes is {header.file_bytes}, the file has "
                                                f"{len(data)}; it was cut or extended")
    require(HEADER_BYTES + header.metadata_bytes <= len(data), 12,
            f"the metadata ends at {HEADER_BYTES + header.metadata_bytes}, the file at {len(data)}")
    return header


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
    for value, allowed, what in ((dtype, len(DTYPES), "data type"), (kind, len(KINDS), "kind"),
                                 (layout, len(LAYOUTS), "layout"), (rank, RANK_LIMIT + 1, "rank")):
        require(value < allowed, at, f"tensor {name!r} has {what} {value}, it must be below "
                                     f"{allowed}")
    dims = tuple(cursor.numbers("I", rank))
    scale, = struct.unpack("<f", cursor.take(4))
    zero_point, = cursor.numbers("i", 1)
    offset, size_bytes = cursor.numbers("Q", 2)
    _check_layout(name, kind, LAYOUTS[layout], (DTYPES[dtype], *dims), at)
    size = NUMPY[DTYPES[dtype]].itemsize
    for dim in dims:
        require(1 <= dim < 2**31, at, f"tensor {name!r} has a dim of {dim}, it must be 1 to 2^31-1")
        size *= dim
        require(size <= TENSOR_LIMIT_BYTES, at, f"tensor {name!r} has more than 2^32 bytes")
    require(size_bytes == size, at, f"tensor {name!r} says {size_bytes} bytes, its dims {size}")
    limit = header.file_bytes if kind == 1 else header.arena_bytes
    require(offset % 64 == 0 and offset + size <= limit, at,
            f"tensor {name!r} lies at {offset} with {size} bytes; it must start at a multiple of "
            f"64 and end before {limit}")
    record = TensorRecord(name, DTYPES[dtype], dims, LAYOUTS[layout], scale, zero_point, offset)
    return _Placed(record, kind == 1, at)


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
    """Records with the data of constants, which must lie one after the other after `end`."""
    tensors = []
    for item in placed:
        record = item.record
        if item.constant:
            expected = aligned(end)
            require(record.offset == expected, item.at, f"constant {record.name!r} lies at "
                    f"{record.offset}, the next free multiple of 64 is {expected}")
            require(not any(data[end:expected]), end, "the bytes between constants are not zero")
            end = record.offset + record.nbytes
            values = np.frombuffer(data, NUMPY[record.dtype], offset=record.offset,
                                   count=record.nbytes // NUMPY[record.dtype].itemsize)
            record = replace(record, data=values.reshape(record.dims), offset=0)
        tensors.append(record)
    require(end == len(data), end, f"the last constant ends here, the file at {len(data)}")
    return tuple(tensors)
