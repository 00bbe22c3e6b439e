"""Writes one small shared library for each way to be malformed.

    python tests/cases/malformed_so/make.py      (from the project's root, with PYTHONPATH=.)

MALFORMED maps the name of a file to what the error must say. They are of x86-64 and hold no code.
"""

from __future__ import annotations

import struct
from pathlib import Path

MALFORMED = {
    "empty": "shorter than an ELF header",
    "truncated-header": "shorter than an ELF header",
    "truncated-half": "a segment lies outside the file",
    "truncated-section_headers": "section headers lie outside the file",
    "header-text": "no ELF file",
    "header-32_bits": "not of 64 bits",
    "header-object_file": "no shared library",
    "header-machine": "for another machine",
    "header-no_segments": "no segments",
    "header-segments_far": "program headers lie outside the file",
    "header-sections_many": "section headers lie outside the file",
    "segment-wraps_around": "a segment lies outside the file",
    "segment-larger_than_memory": "a segment is larger than its memory",
    "section-outside": "a section lies outside the file",
}
CONTENT = bytes(range(64))
HEADER, SEGMENT, SECTION = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ"), \
    struct.Struct("<IIQQQQIIQQ")
START = HEADER.size + SEGMENT.size
FAR = 2**64 - 8


def library(what: tuple[int, int, int] = (2, 3, 62), segments: tuple[int, int] = (64, 1),
            sections: int = 1, segment: tuple[int, int, int] = (0, START, START),
            section: int = START) -> bytes:
    """A header, a segment, some bytes, a section that is those bytes.

    what: class (2: 64 bits), type (3: a shared library), machine (62: x86-64). segments: where
    their headers are, how many. segment: offset, bytes in the file, in memory.
    """
    bits, kind, machine = what
    identity = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    header = HEADER.pack(identity, kind, machine, 1, 0, segments[0], START + len(CONTENT), 0,
                         HEADER.size, SEGMENT.size, segments[1], SECTION.size, sections, 0)
    offset, size, memory = segment
    return (header + SEGMENT.pack(1, 5, offset, 0, 0, size, memory, 4096) + CONTENT
            + SECTION.pack(0, 1, 0, 0, section, len(CONTENT), 0, 0, 1, 0))


def files() -> dict[str, bytes]:
    """All files by name."""
    whole = library()
    return {
        "empty": b"",
        "truncated-header": whole[:40],
        "truncated-half": library(segment=(0, len(whole), len(whole)))[:len(whole) // 2],
        "truncated-section_headers": whole[:-1],
        "header-text": b"this is no library\n" * 10,
        "header-32_bits": library((1, 3, 62)),
        "header-object_file": library((2, 1, 62)),
        "header-machine": library((2, 3, 243)),
        "header-no_segments": library(segments=(64, 0)),
        "header-segments_far": library(segments=(FAR, 1)),
        "header-sections_many": library(sections=0xffff),
        "segment-wraps_around": library(segment=(FAR, 16, 16)),
        "segment-larger_than_memory": library(segment=(0, 64, 16)),
        "section-outside": library(section=FAR),
    }


if __name__ == "__main__":
    for name, data in files().items():
        (Path(__file__).parent / f"{name}.so").write_bytes(data)
