"""Checks every offset of a .tflite file that the reader follows, before it follows any.

Python's flatbuffers reader trusts its file: an offset out of range raises whatever the access
raises, a negative one reads from the end. Format: "FlatBuffer Internals" of flatbuffers.dev.

    table ─ int32 ─► vtable: u16 size of the vtable, u16 size of the table, u16 offset per field
    field: a number in the table, or u32 from there to a vector (u32 length), string or table
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

Field = tuple[str, int | str]  # ("number", bytes), ("vector", bytes each), ("table", name) ...

IDENTIFIER = b"TFL3"

# The fields that the reader follows, by their number in schema.fbs.
_TABLES: Mapping[str, Mapping[int, Field]] = MappingProxyType({
    "Model": {0: ("number", 4), 1: ("tables", "OperatorCode"), 2: ("tables", "SubGraph"),
              4: ("tables", "Buffer")},
    "OperatorCode": {0: ("number", 1), 1: ("vector", 1), 2: ("number", 4), 3: ("number", 4)},
    "SubGraph": {0: ("tables", "Tensor"), 1: ("vector", 4), 2: ("vector", 4),
                 3: ("tables", "Operator"), 4: ("vector", 1)},
    "Tensor": {0: ("vector", 4), 1: ("number", 1), 2: ("number", 4), 3: ("vector", 1),
               4: ("table", "Quantization"), 5: ("number", 1), 6: ("table", "Sparsity"),
               7: ("vector", 4), 10: ("number", 4)},
    "Quantization": {2: ("vector", 4), 3: ("vector", 8), 4: ("number", 1), 6: ("number", 4)},
    "Sparsity": {0: ("vector", 4), 1: ("vector", 4), 2: ("tables", "Dimension")},
    "Dimension": {0: ("number", 1), 1: ("number", 4), 2: ("number", 1), 3: ("table", "Indices"),
                  4: ("number", 1), 5: ("table", "Indices")},
    "Indices": {0: ("vector", 1)},
    "Operator": {0: ("number", 4), 1: ("vector", 4), 2: ("vector", 4), 3: ("number", 1),
                 4: ("table", "Options")},
    "Options": {},
    "Buffer": {0: ("vector", 1), 1: ("number", 8), 2: ("number", 8)},
})


class Broken(Exception):
    """Where a file contradicts itself."""


def check(data: bytes) -> None:
    """Broken when `data` is no TFL3 file, or one of its offsets or lengths leads out of it."""
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        found = data[4:8] if len(data) >= 8 else b""
        raise Broken(f"its identifier is {found!r}, not {IDENTIFIER!r}")
    _Checker(data).table(_u32(data, 0), "Model")


def _u32(data: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", data, position)[0])


class _Checker:
    """Walks the tables. Shared ones count each time: as many visits as the file has room for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._visits_left = len(data) // 4 + 1

    def table(self, position: int, kind: str) -> None:
        """Broken unless the table at `position` and all that it leads to lie in the file."""
        self._visits_left -= 1
        if self._visits_left < 0:
            raise Broken("its tables share their contents more often than the file is long")
        fields, size = self._vtable(position, kind)
        for number, (what, of) in _TABLES[kind].items():
            offset = fields[number] if number < len(fields) else 0
            if offset == 0:
                continue
            width = of if what == "number" and isinstance(of, int) else 4
            if offset + width > size:
                raise Broken(f"field {number} of a {kind} lies outside its table")
            if what != "number":
                self._target(position + offset, what, of)

    def _vtable(self, position: int, kind: str) -> tuple[tuple[int, ...], int]:
        """The offsets of the fields, and the size of the table."""
        self._need(position, 4, f"a {kind}")
        vtable = position - int(struct.unpack_from("<i", self._data, position)[0])
        self._need(vtable, 4, f"the vtable of a {kind}")
        length, size = struct.unpack_from("<HH", self._data, vtable)
        if length < 4 or length % 2 or size < 4:
            raise Broken(f"the vtable of a {kind} has {length} bytes, its table {size}")
        self._need(vtable, length, f"the vtable of a {kind}")
        self._need(position, size, f"a {kind}")
        fields = struct.unpack_from(f"<{(length - 4) // 2}H", self._data, vtable + 4)
        if max(fields, default=0) >= size:
            raise Broken(f"a field of a {kind} lies outside its table")
        return fields, int(size)

    def _target(self, position: int, what: str, of: int | str) -> None:
        """What the u32 at `position` leads to."""
        self._need(position, 4, "an offset")
        target = position + _u32(self._data, position)
        if what == "table":
            self.table(target, str(of))
            return
        self._need(target, 4, "a vector")
        count = _u32(self._data, target)
        self._need(target + 4, count * (of if isinstance(of, int) else 4), "a vector")
        if isinstance(of, str):
            for element in range(target + 4, target + 4 + 4 * count, 4):
                self.table(element + _u32(self._data, element), of)

    def _need(self, position: int, size: int, what: str) -> None:
        if position < 0 or position + size > len(self._data):
            raise Broken(f"{what} at byte {position} with {size} bytes lies outside the file, "
                         f"which has {len(self._data)}")
