"""What an ELF file asks of the machine that loads it: its architecture, its versions of libraries.

Linux's dynamic linker refuses a file whose `.gnu.version_r` names a version that the library there
lacks, such as GLIBC_2.34. Formats: elf.h, and the Linux Standard Base on symbol versioning. Only
what edgec itself builds or downloads is read; a malformed file gives a BuildError all the same.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from edgec.errors import BuildError

_MACHINES = {62: "x86_64", 183: "aarch64", 40: "armv7"}  # e_machine
_VERSION_NEEDS = 0x6FFFFFFE  # sh_type SHT_GNU_verneed
_VERSION = re.compile(r"(GLIBC|GLIBCXX)_([0-9]+(?:\.[0-9]+)*)")

Version = tuple[int, ...]


@dataclass(frozen=True)
class Elf:
    """`triple` is "" for a machine we do not know; `needs`: by GLIBC and GLIBCXX, the highest."""

    triple: str
    needs: dict[str, Version]


@dataclass(frozen=True)
class _Section:
    kind: int
    offset: int
    link: int
    count: int


def read_elf(path: Path) -> Elf | None:
    """None for a file that is not ELF; BuildError for one that is cut short; OSError."""
    data = path.read_bytes()
    if data[:4] != b"\x7fELF" or len(data) < 20:
        return None
    triple = _MACHINES.get(struct.unpack_from("<H", data, 18)[0], "")
    try:
        return Elf(triple, _needs(data) if data[6] == 1 else {})
    except (struct.error, IndexError, ValueError) as error:
        raise BuildError(f"{path} is an ELF file that cannot be understood ({error}). Build or "
                         "download it again.") from None


def parse_version(text: str) -> Version:
    """2.34 as (2, 34)."""
    return tuple(map(int, text.split(".")))


def _needs(data: bytes) -> dict[str, Version]:
    sections = _sections(data)
    highest: dict[str, Version] = {}
    for section in sections:
        if section.kind != _VERSION_NEEDS:
            continue
        for name in _names(data, section, sections[section.link].offset):
            found = _VERSION.fullmatch(name)
            if found:
                version = parse_version(found[2])
                highest[found[1]] = max(version, highest.get(found[1], ()))
    return highest


def _sections(data: bytes) -> list[_Section]:
    """The section headers, of 64 or 32 bits."""
    wide = data[4] == 2
    start = struct.unpack_from("<Q", data, 40)[0] if wide else struct.unpack_from("<I", data, 32)[0]
    size, count = struct.unpack_from("<HH", data, 58 if wide else 46)
    layout = "<IIQQQQII" if wide else "<IIIIIIII"
    headers = [struct.unpack_from(layout, data, start + i * size) for i in range(count)]
    return [_Section(h[1], h[4], h[6], h[7]) for h in headers]


def _names(data: bytes, section: _Section, strings: int) -> list[str]:
    """Walks the two linked lists: libraries, and of each the versions that it must have."""
    names, library = [], section.offset
    for _ in range(section.count):
        _version, count, _file, first, after = struct.unpack_from("<HHIII", data, library)
        entry = library + first
        for _ in range(count):
            _hash, _flags, _other, name, step = struct.unpack_from("<IHHII", data, entry)
            start = strings + name
            names.append(data[start:data.index(b"\0", start)].decode("ascii", "replace"))
            entry += step
        library += after
    return names
